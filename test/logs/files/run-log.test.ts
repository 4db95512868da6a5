import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { LogError } from "../../../src/domain/errors/errors.js";
import type { IfExists } from "../../../src/logs/files/log-file.js";
import { openRunLog } from "../../../src/logs/files/run-log.js";
import { requireWritable } from "../../../src/logs/files/writable.js";

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
  it.skipIf(!existsSync("/proc/self"))("says where no directory can be made, instead of trying on", () => {
    expect(() => openRunLog("/proc/none/below/log.jsonl", {}, parse)).toThrow(
      /^Can't open \/proc\/none\/below\/log\.jsonl for writing: /,
    );
  });

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

  it("leaves no log where nothing was written, and one that was there as it was", () => {
    open().close();
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, "");
    open({ resume: true }).close();
    open({ overwrite: true }).close();
    expect(readFileSync(path, "utf8")).toBe("");
  });

  it("refuses an existing log and says what can be done", () => {
    mkdirSync(dirname(path));
    writeFileSync(path, "");
    const error = errorOf(() => open());
    expect(error.message).toBe(
      `${path} exists already: continue it with resume: true, replace it with overwrite: true, or choose another name.`,
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
    mkdirSync(dirname(path));
    writeFileSync(path, "");
    path = join(path, "below.jsonl");
    expect(errorOf(() => open()).message).toBe(
      `Can't open ${path} for writing: a part of the path is a file, not a directory.`,
    );
    path = room;
    expect(errorOf(() => open({ overwrite: true })).message).toContain("it is a directory");
  });
});

describe("a log that is to be replaced", () => {
  it("is kept, and its manifest, until the first record of the new one is there", () => {
    const first = open();
    first.append({ n: 1 });
    first.close();
    const manifests: string[] = [];
    const second = openRunLog<Row>(path, { overwrite: true }, parse, (place) => {
      manifests.push(`${place} beside ${readFileSync(path, "utf8")}`);
    });
    expect(readFileSync(path, "utf8")).toBe('{"n":1}\n');
    second.append({ n: 2 });
    expect(readFileSync(path, "utf8")).toBe('{"n":2}\n');
    second.append({ n: 3 });
    second.close();
    expect(readFileSync(path, "utf8")).toBe('{"n":2}\n{"n":3}\n');
    expect(manifests).toEqual([`${path} beside {"n":1}\n`]);
    expect(readdirSync(dirname(path))).toEqual(["log.jsonl"]);
  });

  it("is what it was after a run without a record, or one whose manifest can't be written", () => {
    const first = open();
    first.append({ n: 1 });
    first.close();
    open({ overwrite: true }).close();
    expect(readFileSync(path, "utf8")).toBe('{"n":1}\n');
    const second = openRunLog<Row>(path, { overwrite: true }, parse, () => {
      throw new LogError("no page", { path });
    });
    expect(() => second.append({ n: 2 })).toThrow("no page");
    second.close();
    expect(readFileSync(path, "utf8")).toBe('{"n":1}\n');
    expect(readdirSync(dirname(path))).toEqual(["log.jsonl"]);
  });

  it("keeps its mode, and stays where a link leads to", () => {
    const first = open();
    first.append({ n: 1 });
    first.close();
    chmodSync(path, 0o640);
    const real = path;
    path = join(dirname(path), "link.jsonl");
    symlinkSync(real, path);
    const second = open({ overwrite: true });
    second.append({ n: 2 });
    second.close();
    expect(readFileSync(real, "utf8")).toBe('{"n":2}\n');
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
  });
});

describe("a log that is a link to a file that is not there", () => {
  it("is refused in these words, before and when it is opened, and made there where asked for", () => {
    const real = join(room, `${count++}.jsonl`);
    path = join(room, `${count++}.jsonl`);
    symlinkSync(real, path);
    const refusal =
      /is a link to a file that does not exist: create that file with overwrite: true or choose another/;
    expect(() => requireWritable(path, {})).toThrow(refusal);
    expect(() => open()).toThrow(refusal);
    requireWritable(path, { overwrite: true });
    const log = open({ overwrite: true });
    log.append({ n: 1 });
    log.close();
    expect(readFileSync(real, "utf8")).toBe('{"n":1}\n');
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
  });
});

describe("a log that a run has open", () => {
  it.each<[string, IfExists]>([
    ["resumed", { resume: true }],
    ["replaced", { overwrite: true }],
  ])("can't be %s by another run until it is closed, and is left as it is", (_, ifExists) => {
    for (const begin of [{}, { resume: true }, { overwrite: true }] as const) {
      path = join(room, `${count++}`, "log.jsonl");
      if (begin.resume || begin.overwrite) {
        mkdirSync(dirname(path));
        writeFileSync(path, '{"n":0}\n');
      }
      const first = open(begin);
      expect(errorOf(() => open(ifExists)).message).toBe(
        `${path} is being written by another run: wait for it to end, or choose another name. Nothing was changed.`,
      );
      first.append({ n: 1 });
      const before = readFileSync(path, "utf8");
      expect(errorOf(() => requireWritable(path, ifExists)).message).toContain("by another run");
      expect(errorOf(() => open(ifExists)).message).toContain("by another run");
      expect(readFileSync(path, "utf8")).toBe(before);
      first.append({ n: 2 });
      first.close();
      open(ifExists).close();
    }
  });

  const touched: readonly [string, () => void, kept: (path: string) => string, message: RegExp][] = [
    ["deleted", () => unlinkSync(path), (log) => log, /was deleted or moved away while .* are in it again/],
    [
      "deleted with its folder",
      () => rmSync(dirname(path), { recursive: true }),
      (log) => log,
      /was deleted or moved away while .* are in it again; continue with resume: true\.$/,
    ],
    ["moved", () => renameSync(path, `${path}.moved`), (log) => log, /was deleted or moved away/],
    [
      "replaced by a copy",
      () => {
        copyFileSync(path, `${path}.copy`);
        renameSync(`${path}.copy`, path);
      },
      (log) => `${log}.kept`,
      /was replaced by another file while .* are kept in .*log\.jsonl\.kept\.$/,
    ],
    [
      "replaced by a folder",
      () => {
        unlinkSync(path);
        mkdirSync(path);
      },
      (log) => `${log}.kept`,
      /was replaced by another file/,
    ],
    [
      "replaced by a pipe",
      () => {
        unlinkSync(path);
        spawnSync("mkfifo", [path]);
      },
      (log) => `${log}.kept`,
      /was replaced by another file/,
    ],
    [
      "replaced by a link that leads nowhere",
      () => {
        unlinkSync(path);
        symlinkSync(join(room, "nowhere"), path);
      },
      (log) => `${log}.kept`,
      /was deleted or moved away/,
    ],
    ["emptied", () => truncateSync(path), (log) => `${log}.kept`, /was written to by another program/],
    [
      "written to",
      () => appendFileSync(path, '{"n":7}\n'),
      (log) => `${log}.kept`,
      /was written to by another program: it has 24 bytes instead of 16/,
    ],
  ];

  it.each(
    touched,
  )("and that is %s stops the run at its next record and loses none", (_, touch, kept, message) => {
    mkdirSync(dirname(path));
    writeFileSync(path, '{"n":0}\n');
    const manifests: string[] = [];
    const log = openRunLog<Row>(path, { resume: true }, parse, (place) => manifests.push(place));
    log.append({ n: 1 });
    touch();
    const error = errorOf(() => log.append({ n: 2 }));
    expect(error.message).toMatch(message);
    expect(error.message).toContain("Its 3 records are");
    expect(readFileSync(kept(path), "utf8")).toBe('{"n":0}\n{"n":1}\n{"n":2}\n');
    expect(manifests).toEqual([path, kept(path)]);
    expect(log.written()).toBeNull();
    log.close();
    expect(() => log.append({ n: 3 })).toThrow("is closed");
  });

  it.each(touched)("and that is %s behind its last record says so at the end", (_, touch, kept, message) => {
    mkdirSync(dirname(path));
    writeFileSync(path, '{"n":0}\n');
    const log = open({ resume: true });
    log.append({ n: 1 });
    touch();
    expect(errorOf(() => log.close()).message).toMatch(message);
    expect(readFileSync(kept(path), "utf8")).toBe('{"n":0}\n{"n":1}\n');
    log.close();
  });

  it("is not written over what was kept before", () => {
    mkdirSync(dirname(path));
    writeFileSync(`${path}.kept`, "an older rescue");
    const log = open();
    log.append({ n: 1 });
    appendFileSync(path, "foreign\n");
    expect(errorOf(() => log.append({ n: 2 })).message).toContain(`${path}.kept2`);
    expect(readFileSync(`${path}.kept`, "utf8")).toBe("an older rescue");
  });

  it("may be linked to from elsewhere, also after it was moved there", () => {
    const log = open();
    log.append({ n: 1 });
    renameSync(path, `${path}.moved`);
    symlinkSync(`${path}.moved`, path);
    log.append({ n: 2 });
    log.close();
    expect(readFileSync(`${path}.moved`, "utf8")).toBe('{"n":1}\n{"n":2}\n');
  });
});

describe("a pipe as a log", () => {
  it("is refused before it is opened, which would wait for ever", () => {
    mkdirSync(dirname(path));
    spawnSync("mkfifo", [path]);
    for (const ifExists of [{}, { resume: true }, { overwrite: true }] as const) {
      expect(errorOf(() => open(ifExists)).message).toContain("is a pipe, which keeps nothing");
    }
    expect(errorOf(() => requireWritable(path, { overwrite: true })).message).toContain("is a pipe");
  });
});

describe.runIf(process.platform === "linux")("a full disk", () => {
  it("is told in one sentence, with what was kept", () => {
    path = "/dev/full";
    const log = open({ overwrite: true });
    const error = errorOf(() => log.append({ n: 1 }));
    expect(error.message).toMatch(
      /^Can't write to \/dev\/full: the disk is full\. .* continue with resume: true\.$/,
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
        resolve("dist/logs/files/run-log.js"),
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
