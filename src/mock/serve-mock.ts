import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { z } from "zod";
import { FirstTokenError, OptionError } from "../domain/errors/errors.js";
import { checkOptions } from "../domain/errors/options.js";
import { HOST_NAME, HOST_RULE } from "../domain/http-door.js";
import { awaited } from "../domain/waiting.js";
import {
  faultShares,
  type MockLoad,
  type MockOptions,
  type MockServer,
  type MockSettings,
} from "./mock-options.js";

/** The command line of the child. */
export interface ChildOptions extends MockSettings {
  readonly port: number;
  readonly host: string;
  readonly allowedHosts: readonly string[];
}

/** What the child reports: once how it started, then its load whenever it is asked. */
export type ChildReport =
  | { readonly listening: number }
  | { readonly failed: string }
  | { readonly load: MockLoad };

const portRule = "must be a whole number from 0 to 65535";
const secondsRule = "must be a number of seconds from 0 to 3600";
const chunksRule = "must be a whole number from 1 to 100000";
const jitterRule = "must be a share of each delay, from 0 to 1";
const statusRule = "must be a share under a status from 400 to 599";
const shareRule = "must be a share of requests, from 0 to 1";

const seconds = z.number(secondsRule).min(0, secondsRule).max(3_600, secondsRule).default(0);
const share = z.number(shareRule).min(0, shareRule).max(1, shareRule);

const faults = z
  .strictObject({
    statuses: z.record(z.string().regex(/^[45]\d\d$/), share, statusRule).default({}),
    reset: share.default(0),
    stall: share.default(0),
    cut: share.default(0),
    malformed: share.default(0),
  })
  .prefault({});

const options = z.strictObject({
  port: z.int(portRule).min(0, portRule).max(65_535, portRule).default(0),
  host: z.string().min(1, "must name an address").default("127.0.0.1"),
  allowedHosts: z.array(z.string().regex(HOST_NAME, HOST_RULE), HOST_RULE).default([]),
  firstTokenDelaySeconds: seconds,
  chunks: z.int(chunksRule).min(1, chunksRule).max(100_000, chunksRule).default(20),
  chunkGapSeconds: seconds,
  jitter: z.number(jitterRule).min(0, jitterRule).max(1, jitterRule).default(0),
  faults,
  seed: z.union([z.number(), z.string()], "must be a number or a text").default(1),
  stamps: z.boolean().default(false),
  signal: z.instanceof(AbortSignal, { error: "must be an AbortSignal" }).optional(),
});

/** A process starts in a fraction of a second, on a busy machine in seconds. */
const START_SECONDS = 60;
const LOAD_SECONDS = 10;

/**
 * Starts a mock provider: an OpenAI-compatible server in a process of its own, which ends with this one.
 *
 * It answers `/v1/chat/completions` and `/v1/completions`, whole or streamed, with words that mean nothing, after
 * the delays asked for: never sooner, and a millisecond or two later. Resolves when it listens.
 *
 * @throws OptionError for a wrong option; FirstTokenError when it does not start, such as on a port in use; the signal's
 * reason.
 * @example
 * const provider = await mock.serve({ firstTokenDelaySeconds: 0.02 });
 * provider.url // "http://127.0.0.1:41873/v1"
 * await provider.close();
 */
export async function serveMock(asked: MockOptions = {}): Promise<MockServer> {
  const { signal, ...chosen } = checkOptions(options, asked);
  const { host, port } = chosen;
  const faulty = faultShares(chosen.faults).reduce((sum, { share }) => sum + share, 0);
  // Shares such as 0.7, 0.2 and 0.1 may add up to a hair more than 1.
  if (faulty > 1 + 1e-9) throw new OptionError("faults", "must not add up to more than 1", faulty);
  const child = fork(
    new URL("../../dist/mock/child.js", import.meta.url),
    [JSON.stringify(chosen satisfies ChildOptions)],
    {
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    },
  );
  const exited = once(child, "exit").then(() => null);
  const started = await awaited(nextReport(child, exited), {
    seconds: START_SECONDS,
    signal,
    late: () => new FirstTokenError(`The mock provider did not listen within ${START_SECONDS} s.`),
  }).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  const report = started ?? { failed: "its process ended before it listened" };
  if (!("listening" in report)) {
    await exited;
    const why = "failed" in report ? report.failed : "it gave no port";
    throw new FirstTokenError(`The mock provider could not be served on ${host}:${port}: ${why}.`);
  }
  let turn: Promise<unknown> = Promise.resolve();
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${report.listening}/v1`,
    load: () => {
      const load = turn.then(() => askLoad(child, exited));
      turn = load.catch(() => {});
      return load;
    },
    close: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function askLoad(child: ChildProcess, exited: Promise<null>): Promise<MockLoad> {
  if (child.connected) child.send("load");
  const report = await awaited(nextReport(child, exited), {
    seconds: LOAD_SECONDS,
    late: () => new FirstTokenError(`The mock provider did not report its load within ${LOAD_SECONDS} s.`),
  });
  if (report === null || !("load" in report)) {
    throw new FirstTokenError("The mock provider can't report its load: its process has ended.");
  }
  return report.load;
}

/** What the child says next; `null` when it says nothing more. */
async function nextReport(child: ChildProcess, exited: Promise<null>): Promise<ChildReport | null> {
  const first = await Promise.race([once(child, "message"), exited]);
  return first === null ? null : (first[0] as ChildReport);
}
