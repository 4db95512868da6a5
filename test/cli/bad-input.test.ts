import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { jsonLines } from "../support/cli.js";
import { firsttokenHere } from "../support/cli-here.js";
import {
  type Answer,
  answerWell,
  begin,
  delta,
  json,
  type ScriptedServer,
  scriptedServer,
} from "../support/scripted-server.js";

const folder = mkdtempSync(join(tmpdir(), "bad-input-"));
const closing: (() => unknown)[] = [];
afterAll(() => Promise.all(closing.map((close) => close())));

const serve = async (answer: Answer, models?: unknown): Promise<ScriptedServer> => {
  const server = await scriptedServer(answer, models);
  closing.push(() => server.close());
  return server;
};
const write = (name: string, bytes: string | Buffer) => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

/** A port on which nothing listens: taken once and given back. */
const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** A server that accepts connections and says something that is not HTTP. */
const notHttp = async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.end("SSH-2.0-OpenSSH_9.2\r\n");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  closing.push(() => server.close());
  return (server.address() as { port: number }).port;
};

const KEY = "sk-very-secret-key-0123456789";
let runs = 0;

/** Runs `ttft` on a short context against a server; gives what it printed and the log it left. */
const ttft = async (...args: string[]) => {
  const out = join(folder, `log-${++runs}.jsonl`);
  const context = args.includes("-C") ? [] : ["--max_ctx_tokens", "64"];
  const result = await firsttokenHere(["ttft", "--gap_seconds", "0", "--out", out, ...context, ...args]);
  return { ...result, records: existsSync(out) ? jsonLines(readFileSync(out, "utf8")) : null };
};
const base = (server: ScriptedServer) => ["--api_base", server.url];

/** Answers well except for the measured request `number`; what comes before the measured ones asks for one token. */
const failAt = (number: number, fail: Answer): Answer => {
  let measured = 0;
  return (response, request) => {
    if (request.body.max_tokens !== 1) measured += 1;
    return request.body.max_tokens !== 1 && measured === number
      ? fail(response, request)
      : answerWell(response);
  };
};

interface Case {
  readonly name: string;
  readonly arrange: () => Promise<string[]>;
  readonly says: readonly (string | RegExp)[];
  readonly code: number;
  /** Outcomes of the records left in the log; null where no log is begun. */
  readonly outcomes: readonly string[] | null;
}

const good = () => serve((response) => answerWell(response));

const cases: Case[] = [
  {
    name: "no server listens",
    arrange: async () => ["--api_base", `http://127.0.0.1:${await freePort()}/v1`],
    says: [/127\.0\.0\.1:\d+/, /start|running/i],
    code: 1,
    outcomes: null,
  },
  {
    name: "the port belongs to something that is not HTTP",
    arrange: async () => ["--api_base", `http://127.0.0.1:${await notHttp()}/v1`],
    says: [/HTTP/],
    code: 1,
    outcomes: null,
  },
  {
    name: "the host does not exist",
    arrange: async () => ["--api_base", "http://no-such-host.invalid/v1"],
    says: ["no-such-host.invalid"],
    code: 1,
    outcomes: null,
  },
  {
    name: "the address is not a URL",
    arrange: async () => ["--api_base", "not a url"],
    says: ["not a url"],
    code: 2,
    outcomes: null,
  },
  {
    name: "the server is not of OpenAI's shape",
    arrange: async () => base(await serve((response) => answerWell(response), { hello: "world" })),
    says: [/models/],
    code: 1,
    outcomes: null,
  },
  {
    name: "the model does not exist",
    arrange: async () => {
      const refuse: Answer = (response) =>
        json(response, 404, { error: { message: "The model does not exist." } });
      return [...base(await serve(refuse)), "--model", "gpt-99"];
    },
    says: ["gpt-99", "scripted", "does not exist"],
    code: 1,
    outcomes: null,
  },
  {
    name: "the key is refused, and the server repeats it",
    arrange: async () => {
      const refuse: Answer = (response) =>
        json(response, 401, { error: { message: `Incorrect API key provided: ${KEY}.` } });
      return [...base(await serve(refuse)), "--api_key", KEY];
    },
    says: ["401", "Incorrect API key provided"],
    code: 1,
    outcomes: null,
  },
  {
    name: "the model is gone when the chat comes",
    arrange: async () =>
      base(
        await serve((response) =>
          json(response, 404, { error: { message: "The model `scripted` does not exist." } }),
        ),
      ),
    says: ["404", "does not exist"],
    code: 1,
    outcomes: null,
  },
  {
    name: "the second run meets 429",
    arrange: async () =>
      base(
        await serve(
          failAt(2, (response) => json(response, 429, { error: { message: "Rate limit reached" } })),
        ),
      ),
    says: ["429", "Rate limit reached"],
    code: 1,
    outcomes: ["ok", "error"],
  },
  {
    name: "the first run meets 500, after which nothing would be warm",
    arrange: async () =>
      base(
        await serve(
          failAt(1, (response) => json(response, 500, { error: { message: "CUDA out of memory" } })),
        ),
      ),
    says: ["500", "CUDA out of memory"],
    code: 1,
    outcomes: ["error"],
  },
  {
    name: "an error comes in the middle of a stream",
    arrange: async () =>
      base(
        await serve(
          failAt(2, (response) => {
            begin(response);
            delta(response, { content: "Hel" });
            response.end(`data: {"error":{"message":"engine died","code":500}}\n\n`);
          }),
        ),
      ),
    says: ["engine died"],
    code: 1,
    outcomes: ["ok", "error"],
  },
  {
    name: "the stream is cut in the middle",
    arrange: async () =>
      base(
        await serve(
          failAt(2, (response) => {
            begin(response);
            delta(response, { content: "Hel" });
            setTimeout(() => response.destroy(), 20);
          }),
        ),
      ),
    says: ["incomplete"],
    code: 1,
    outcomes: ["ok", "incomplete"],
  },
  {
    name: "the stream stalls",
    arrange: async () => [
      ...base(
        await serve(
          failAt(2, (response) => {
            begin(response);
            delta(response, { role: "assistant" });
          }),
        ),
      ),
      "--timeout_seconds",
      "0.5",
    ],
    says: ["timeout"],
    code: 1,
    outcomes: ["ok", "timeout"],
  },
  {
    name: "the document is missing",
    arrange: async () => [...base(await good()), "-C", join(folder, "nowhere.txt")],
    says: ["nowhere.txt", "no such file"],
    code: 1,
    outcomes: null,
  },
  {
    name: "the document is empty",
    arrange: async () => [...base(await good()), "-C", write("empty.txt", "")],
    says: ["empty.txt", "is empty"],
    code: 1,
    outcomes: null,
  },
  {
    name: "the document is binary",
    arrange: async () => [...base(await good()), "-C", write("binary.pdf", Buffer.from("%PDF-1.7\n\0\0"))],
    says: ["binary.pdf", "is binary"],
    code: 1,
    outcomes: null,
  },
  {
    name: "the document is not UTF-8",
    arrange: async () => [
      ...base(await good()),
      "-C",
      write("latin1.txt", Buffer.from("caf\u00e9", "latin1")),
    ],
    says: ["latin1.txt", "not UTF-8", "iconv"],
    code: 1,
    outcomes: null,
  },
  {
    name: "the log can't be written, for the disk is full",
    arrange: async () => [...base(await good()), "--out", "/dev/full"],
    says: ["/dev/full", "the disk is full"],
    code: 1,
    outcomes: null,
  },
  {
    name: "a flag has a value of the wrong kind",
    arrange: async () => [...base(await good()), "--num_following", "many"],
    says: ["--num_following", "whole number"],
    code: 2,
    outcomes: null,
  },
  {
    name: "a flag is misspelt",
    arrange: async () => [...base(await good()), "--contxt_file"],
    says: ["--contxt_file", "--context_file"],
    code: 2,
    outcomes: null,
  },
  {
    name: "the margin leaves no room below the model's limit",
    arrange: async () =>
      base(
        await serve((response) => answerWell(response), { data: [{ id: "short", max_model_len: 2_048 }] }),
      ),
    says: ["safety_margin", "2048"],
    code: 2,
    outcomes: null,
  },
];

describe("bad input", () => {
  it.each(cases)("$name: one clear sentence, and what was measured stays", async ({
    arrange,
    says,
    code,
    outcomes,
  }) => {
    const { records, ...result } = await ttft(...(await arrange()));
    for (const text of says)
      expect(result.stderr).toMatch(text instanceof RegExp ? text : new RegExp(literal(text)));
    expect(result.stderr).not.toMatch(/\n\s+at /);
    expect(result.stdout + result.stderr + JSON.stringify(records)).not.toContain(KEY);
    expect(result.code).toBe(code);
    expect(records?.map((record) => record.outcome) ?? null).toEqual(outcomes);
  });

  it("refuses a sweep beyond the model's limit before it measures anything", async () => {
    const server = await good();
    const out = join(folder, "sweep");
    const result = await firsttokenHere([
      "sweep",
      ...base(server),
      "--context_sizes",
      "1000,40000",
      "--out_dir",
      out,
    ]);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/--context_sizes must be at most 32632.*32768.*max_model_len/);
    expect(server.chats).toEqual([]);
    expect(existsSync(out)).toBe(false);
  });
});

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
