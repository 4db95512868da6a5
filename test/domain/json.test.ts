import { describe, expect, it } from "vitest";
import { z } from "zod";
import { insteadOf, without } from "../../src/client/dialect.js";
import { mergeUsage, readTokens } from "../../src/client/event/server-figures.js";
import { longBench } from "../../src/datasets/schemas/longbench.js";
import { checkOptions, mapOf } from "../../src/domain/errors/options.js";
import { own, setOwn } from "../../src/domain/json.js";
import { rowsTable } from "../../src/notebook/rows-table.js";
import { parsePrometheus, sumOf } from "../../src/servers/profile/prometheus.js";
import { pathsToAsk } from "../../src/servers/recognise.js";
import { Table } from "../../src/tables/table.js";
import { parseEndpoint } from "../../src/wire/endpoint.js";
import { parseHead } from "../../src/wire/http-head.js";
import { commonHeaders } from "../../src/wire/http-request.js";

/** Names that every object has, and the one by which it has them. */
const NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"];

/** What JSON has under a name, as a file or a server gives it. */
const parsed = <T>(name: string, value: T): Readonly<Record<string, T>> =>
  JSON.parse(JSON.stringify({ x: value }).replace('"x"', JSON.stringify(name)));

describe.each(NAMES)("the name %s", (name) => {
  it("is in a map only when it was put there", () => {
    expect(own({}, name)).toBeUndefined();
    const map: Record<string, number> = {};
    setOwn(map, name, 1);
    expect(own(map, name)).toBe(1);
    expect(Object.entries(map)).toEqual([[name, 1]]);
  });

  it("is kept as an option: a prompt's kind, a method's or a proxy's label, a header, a field of the body", () => {
    const schema = z.strictObject({ map: mapOf(z.string("must be a text"), "must map names to texts") });
    expect(Object.entries(checkOptions(schema, { map: parsed(name, "a") }).map)).toEqual([[name, "a"]]);
    expect(() => checkOptions(schema, { map: parsed(name, 1) })).toThrow(
      `map.${name} must be a text; received 1.`,
    );
  });

  it("is a header like any other, sent and received", () => {
    const endpoint = parseEndpoint("http://localhost:1/v1", "server");
    expect(Object.entries(commonHeaders(endpoint, null, parsed(name, "a")))).toContainEqual([
      name.toLowerCase(),
      "a",
    ]);
    const head = parseHead(["HTTP/1.1 200 OK", `${name}: a`, `${name}: b`]);
    expect(typeof head === "string" ? head : Object.entries(head.headers)).toEqual([
      [name.toLowerCase(), "a, b"],
    ]);
  });

  it("changes nothing of a server's usage, of its labels, and of whom it says it belongs to", () => {
    const usage = mergeUsage({ prompt_tokens: 9 }, parsed(name, { prompt_tokens: 5, completion_tokens: 7 }));
    expect(Object.keys(usage)).toEqual(["prompt_tokens", name]);
    expect(readTokens(usage, null, true)).toMatchObject({
      prompt_tokens: 9,
      output_tokens: null,
      doubt: null,
    });
    expect(sumOf(parsePrometheus(`hits{${name}="a"} 3`), "hits", parsed(name, "a"))).toBe(3);
    const answers = { host: "localhost", model: { owned_by: name }, headers: {}, got: new Map() };
    expect(pathsToAsk(answers)).toEqual(pathsToAsk({ ...answers, model: {} }));
  });

  it("is a field that a server may refuse", () => {
    expect(insteadOf(name)).toBe("without it");
    expect(Object.entries(without(parsed(name, 1), name))).toEqual([]);
  });

  it("is no dataset", () => {
    const reading = () =>
      longBench({ musique: "musique" }, { musique: "question answering" }).read(
        { dataset: name, input: "a", context: "b", answers: ["c"], _id: "1" },
        1,
        null,
      );
    expect(reading).toThrow(`its "dataset" is "${name}", not one of`);
  });

  it("is a column of rows that have it, and empty in those that have not", () => {
    const rows = [parsed(name, "a"), { other: "b" }];
    expect(rowsTable(rows).text).toContain(name);
    expect(rowsTable(rows).text).not.toMatch(/function|\[object/);
    const csv = new Table({ columns: [], lines: rows.map((data) => ({ cells: [], data })), notes: [] }).csv;
    expect(csv).toBe(`${name},other\r\na,\r\n,b\r\n`);
  });
});
