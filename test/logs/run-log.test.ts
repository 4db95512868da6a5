import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { LogError } from "../../src/domain/errors.js";
import { type IfExists, openRunLog } from "../../src/logs/run-log.js";

interface Row {
  readonly n: number;
}

const parse = (value: unknown): Row => {
  if (typeof (value as Row | null)?.n !== "number") throw new Error("n must be a number");
  return value as Row;
};

const room = mkdtempSync(join(tmpdir(), "run-log-"));
afterAll(() => rmSync(room, { recursive: true }));

let path = "";
let count = 0;
beforeEach(() => {
  path = join(room, `${count++}`, "log.jsonl");
});

const open = (ifExists: IfExists = {}) => openRunLog<Row>(path, ifExists, parse);
const errorOf = (act: () => unknown): LogError => {
  try {
    act();
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("openRunLog", () => {
  it("makes the directories and has each record in the file when append returns", () => {
    const log = open();
    log.append({ n: 1 });
    expect(readFileSync(path, "utf8")).toBe('{"n":1}\n');
    log.append({ n: 2 });
    expect(readFileSync(path, "utf8")).toBe('{"n":1}\n{"n":2}\n');
    log.close();
    log.close();
    expect(errorOf(() => log.append({ n: 3 })).message).toContain("is closed");
  });

  it("refuses an existing log and says what can be done", () => {
    open().close();
    const error = errorOf(() => open());
    expect(error.message).toBe(
      `${path} exists already: continue it with resume, replace it with overwrite, or choose another name.`,
    );
    expect(error.path).toBe(path);
  });

  it("starts anew on overwrite", () => {
    const first = open();
    first.append({ n: 1 });
    first.close();
    const second = open({ overwrite: true });
    second.append({ n: 2 });
    second.close();
    expect(second.earlier).toEqual([]);
    expect(readFileSync(path, "utf8")).toBe('{"n":2}\n');
  });

  it("continues on resume, with the earlier records at hand", () => {
    const first = open({ resume: true });
    expect(first.earlier).toEqual([]);
    first.append({ n: 1 });
    first.close();
    const second = open({ resume: true });
    expect(second.earlier).toEqual([{ n: 1 }]);
    second.append({ n: 2 });
    second.close();
    expect(readFileSync(path, "utf8")).toBe('{"n":1}\n{"n":2}\n');
  });

  it("moves a last line cut by a crash aside before it continues", () => {
    const first = open();
    first.append({ n: 1 });
    first.close();
    appendFileSync(path, '{"n":2,"text":"caf\u00e9'.slice(0, -1));
    appendFileSync(path, Buffer.from([0xc3]));
    const second = open({ resume: true });
    expect(second.earlier).toEqual([{ n: 1 }]);
    second.append({ n: 3 });
    second.close();
    expect(readFileSync(path, "utf8")).toBe('{"n":1}\n{"n":3}\n');
    expect(readFileSync(`${path}.cut`)).toEqual(
      Buffer.concat([Buffer.from('{"n":2,"text":"caf'), Buffer.from([0xc3]), Buffer.from("\n")]),
    );
  });

  it("keeps a whole last line that only lacks its newline", () => {
    open().close();
    writeFileSync(path, '{"n":1}\n{"n":2}');
    const log = open({ resume: true });
    log.append({ n: 3 });
    log.close();
    expect(log.earlier).toEqual([{ n: 1 }, { n: 2 }]);
    expect(readFileSync(path, "utf8")).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
    expect(existsSync(`${path}.cut`)).toBe(false);
  });

  it("won't continue a log with a bad line in its middle", () => {
    open().close();
    writeFileSync(path, '{"n":1}\n{"n":"two"}\n{"n":3}\n');
    const error = errorOf(() => open({ resume: true }));
    expect(error.message).toBe(`${path}, line 2: n must be a number.`);
    expect(error.line).toBe(2);
    expect(readFileSync(path, "utf8")).toBe('{"n":1}\n{"n":"two"}\n{"n":3}\n');
  });

  it("says in one sentence why a log can't be opened", () => {
    open().close();
    path = join(path, "below.jsonl");
    expect(errorOf(() => open()).message).toBe(
      `Can't open ${path} for writing: a part of the path is a file, not a directory.`,
    );
    path = room;
    expect(errorOf(() => open({ overwrite: true })).message).toContain("it is a directory");
  });
});

describe.runIf(process.platform === "linux")("a full disk", () => {
  it("is told in one sentence, with what was kept", () => {
    path = "/dev/full";
    const log = open({ overwrite: true });
    const error = errorOf(() => log.append({ n: 1 }));
    expect(error.message).toMatch(
      /^Can't write to \/dev\/full: the disk is full\. .* continue with resume\.$/,
    );
    expect((error.cause as NodeJS.ErrnoException).code).toBe("ENOSPC");
    log.close();
  });

  // A file-size limit cuts a write in its middle, as a full disk does: the first write is short, the next fails.
  it("leaves only whole lines when a line fits in part, and the run can be resumed", () => {
    open().close();
    const program = `
      const { openRunLog } = await import(process.argv[1]);
      const log = openRunLog(process.argv[2], { overwrite: true }, (value) => value);
      let n = 0;
      try { for (;;) log.append({ n: n++, text: "x".repeat(300) }); }
      catch (error) { console.log(JSON.stringify({ written: n - 1, name: error.name, code: error.cause.code, message: error.message })); }
    `;
    const script = join(room, "fill.mjs");
    writeFileSync(script, program);
    const result = spawnSync(
      "bash",
      [
        "-c",
        `ulimit -f 4; exec node --input-type=module -e "$(cat ${script})" "$0" "$1"`,
        resolve("dist/logs/run-log.js"),
        path,
      ],
      { encoding: "utf8" },
    );
    expect(result.stderr).toBe("");
    const told = JSON.parse(result.stdout) as {
      written: number;
      name: string;
      code: string;
      message: string;
    };
    expect(told.name).toBe("LogError");
    expect(told.code).toBe("EFBIG");
    expect(told.message).toContain(`The ${told.written} records before are whole and kept there`);

    const text = readFileSync(path, "utf8");
    expect(text.endsWith("}\n")).toBe(true);
    expect(text.trimEnd().split("\n")).toHaveLength(told.written);
    const resumed = open({ resume: true });
    expect(resumed.earlier).toHaveLength(told.written);
    resumed.append({ n: told.written });
    resumed.close();
  });
});
