import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import * as firsttoken from "../../src/index.js";
import { type PublicFunction, publicApi } from "./public-api.js";
import { referencePages } from "./reference-pages.js";

const api = publicApi();
const { functions } = api;

/** The functions that lack something, by name, with what they lack. */
const lacking = (of: (one: PublicFunction) => readonly string[]) =>
  functions.flatMap((one) => of(one).map((what) => `${one.name}: ${what}`));

describe("what an editor shows for every public function", () => {
  it("is asked for all of them", () => {
    expect(functions.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["connect", "display", "stats.quantile", "ttft.run", "ttft.prompts.table"]),
    );
    expect(functions.length).toBeGreaterThanOrEqual(65);
  });

  it("begins with a sentence", () => {
    expect(lacking((one) => (/^[A-Z0-9`'"].*?[.:]/s.test(one.documentation) ? [] : ["a sentence"]))).toEqual(
      [],
    );
  });

  it("says what every parameter is", () => {
    expect(
      lacking(({ parameters }) =>
        parameters.filter(({ documentation }) => documentation === "").map(({ name }) => `@param ${name}`),
      ),
    ).toEqual([]);
  });

  it("says what every option is", () => {
    expect(
      lacking(({ options }) =>
        options.filter(({ documentation }) => documentation === "").map(({ name }) => name),
      ),
    ).toEqual([]);
  });

  it("says what an option is when it is left out; a callback is then not called", () => {
    expect(
      lacking(({ options }) =>
        options
          .filter(({ isOptional, type }) => isOptional && !/=>|AbortSignal/.test(type))
          .filter(({ documentation }) => !/\bdefault\b|\bleft out\b/i.test(documentation))
          .map(({ name, documentation }) => `${name} (${documentation})`),
      ),
    ).toEqual([]);
  });

  it("names every error that it or what it calls throws", () => {
    expect(
      lacking(({ errors, throws }) =>
        errors.filter((error) => !throws.join(" ").includes(error)).map((error) => `@throws ${error}`),
      ),
    ).toEqual([]);
  });

  it("throws no error that a user can't name", () => {
    const named = api.errors.map(({ name }) => name.split(".").at(-1));
    expect(lacking(({ errors }) => errors.filter((error) => !named.includes(error)))).toEqual([]);
  });

  it("has an example that calls it as a user does, with its value", () => {
    expect(
      lacking(({ name, examples }) => {
        const calls = examples.filter((example) => example.includes(`${name}(`));
        if (calls.length === 0) return ["@example"];
        return calls.some((example) => example.includes("//")) ? [] : ["the example's value"];
      }),
    ).toEqual([]);
  });

  it("names the source of every score and every statistic: a paper or a package with its version", () => {
    const ownWork = ["stats.matchPairs", "stats.summary", "stats.noiseFloor", "metrics.setF1"];
    expect(
      lacking(({ name, documentation }) =>
        !/^(stats|metrics)\./.test(name) ||
        ownWork.includes(name) ||
        /\b(19|20)\d\d\b|\d\.\d|github\.com/.test(documentation)
          ? []
          : ["a source"],
      ),
    ).toEqual([]);
  });

  it("says of every overload what it does", () => {
    expect(
      lacking(({ overloads }) =>
        overloads.filter(({ documentation }) => documentation === "").map(({ signature }) => signature),
      ),
    ).toEqual([]);
  });

  it("has a true value in every example that needs no server, file or log", () => {
    const pure = functions.filter(({ name }) =>
      /^(stats|metrics|methods|frames)\.|^(frame|rows)$/.test(name),
    );
    for (const { name, examples } of pure) {
      const lines = examples[0]!.split("\n");
      const value = /^(.*?)\/\/(.*)$/.exec(lines.at(-1)!)!;
      const code = [...lines.slice(0, -1), value[1]!].join("\n");
      const context = createContext({ ...firsttoken, server: {}, danfo: { DataFrame } });
      expect(toFourDigits(runInContext(code, context)), name).toEqual(
        toFourDigits(runInContext(`(${value[2]})`, context)),
      );
    }
  });
});

/** What danfojs keeps of the arguments of its frames. */
class DataFrame {
  readonly columns: readonly string[];
  readonly dtypes: readonly string[];
  readonly values: readonly unknown[];
  constructor(values: readonly unknown[], { columns, dtypes }: Pick<DataFrame, "columns" | "dtypes">) {
    this.columns = columns;
    this.dtypes = dtypes;
    this.values = values;
  }
}

/** A value of another realm as one of this one, its numbers as far as docstrings print them. */
const toFourDigits = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, part) => (typeof part === "number" ? Number(part.toFixed(4)) : part)));

describe("the reference in docs/api", () => {
  const folder = resolve(import.meta.dirname, "../../docs/api");
  const pages = referencePages(api);

  it("has a page for each noun, for connecting and for notebooks, and no other", () => {
    expect(readdirSync(folder).sort()).toEqual([...pages.keys()].sort());
  });

  it.each([...pages])("is what the docstrings say (npm run docs writes it): %s", async (name, text) => {
    await expect(text).toMatchFileSnapshot(resolve(folder, name));
  });
});
