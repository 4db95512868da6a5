import type { Ending } from "../../src/domain/records/words.js";
import { type Answer, chats, type HostileServer, type Hostility } from "./hostile-server.js";

/*
 * The matrix: what goes wrong around a command, and what it must do all the same.
 *
 * To add a case, add an object to the file of its subject (`server.cases.ts`, `disk.cases.ts` …):
 *
 *   {
 *     name: "the chat's connection is reset within the head",      // a sentence, unique in the matrix
 *     server: chats(["HTTP/1.1 200 OK\r\ncont", "RESET"]),         // only what it does wrong
 *     exit: 1,
 *     says: [/reset/],                                             // all of them in stdout + stderr
 *     log: ["error"],                                              // the outcome of every record, in order
 *   }
 *
 * Without a `command` it is one timed request (`ttft`). Every command runs as a process of its own, in a new folder,
 * with `KEY` as its key, and whatever happens, `invariants.ts` must hold. Rows of one kind are best made from a table.
 * Only this subject, or one case: npx vitest run --config vitest.slow.config.ts test/faults -t "disk"
 */

/** Where a case takes place. */
export interface Place {
  /** A folder of its own, in which the commands run. */
  readonly folder: string;
  /** The server's address without a path, and with `/v1`. */
  readonly origin: string;
  readonly base: string;
}

/** How a record may end. */
export type Outcome = Ending["outcome"];

/** One command, what befalls it, and what must be seen of it. */
export interface Run {
  /** Its arguments; one timed request when left out. */
  readonly command?: (place: Place) => readonly string[];
  /** Wraps the command in a line of bash, as `(line) => `${line} | head -n 1``. */
  readonly shell?: (line: string) => string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** A signal, sent when so many measured chats have come, when a path was asked, or when the output says so. */
  readonly stop?: { readonly signal: NodeJS.Signals; readonly at: number | string | RegExp };
  /** The exit code, or the signal that ended it. */
  readonly exit: number | NodeJS.Signals;
  readonly says?: readonly (string | RegExp)[];
  /**
   * The outcome of every record of `log.jsonl`, or of a sweep's merged log; null where there must be no log, none where
   * there may be one without a record, and `unread` where it was spoilt on purpose.
   */
  readonly log: readonly Outcome[] | SomeOk | "unread" | null;
  /** What else must hold; it throws where it does not. */
  readonly holds?: (ended: Ended) => void | Promise<void>;
}

export interface FaultCase extends Run {
  readonly name: string;
  /** A good one when left out; `refuses` where nothing listens. */
  readonly server?: Hostility | "refuses";
  /** Puts files into the folder; what it leaves there may hold the key. */
  readonly prepare?: (place: Place) => void;
  /** What befalls the files between the first command and the next. */
  readonly meanwhile?: (place: Place) => void;
  /** A second command in the same folder, as a resumed run. */
  readonly next?: Run;
  /** 30 when left out. */
  readonly limitSeconds?: number;
  /** Runs while no other case does: one that measures memory. */
  readonly alone?: true;
  /** What is still to be mended for the case to hold; it is expected to fail until then. */
  readonly awaits?: string;
}

/** How a command ended and what it left. */
export interface Ended {
  readonly place: Place;
  readonly server: HostileServer | null;
  /** Exit code or signal; `still running` where it had to be killed. */
  readonly exit: number | NodeJS.Signals | "still running";
  readonly stdout: string;
  readonly stderr: string;
  readonly maxMebibytes: number;
  /** The log as the package's own reader reads it, or why it can't; null where there is none. */
  readonly log: readonly Readonly<Record<string, unknown>>[] | string | null;
}

/** The key every command is given, in its environment; it must never be seen again. */
export const KEY = "sk-fault-Zq81xKv7Lw0uT3nB9sYd";

/** Records that ended well, as many as a size or a moment allows. */
export interface SomeOk {
  readonly least: number;
  readonly most: number;
}

/** `n` records that ended well. */
export const ok = (n: number): readonly Outcome[] => Array<Outcome>(n).fill("ok");

const server = ({ base }: Place) => ["--api_base", base, "--timeout_seconds", "2"];

/** `ttft` with one timed request and nothing before it, and further arguments. */
export const oneRequest =
  (...more: readonly string[]) =>
  (place: Place): readonly string[] => [
    ...["ttft", ...server(place), "--out", "log.jsonl", "--warm_ups", "0", "--num_following", "0"],
    ...["--gap_seconds", "0", "--max_ctx_tokens", "64", "--max_tokens", "4", ...more],
  ];

/** `sweep` of two lengths, each cold and warm as often as `runs` says, so 4 requests a run. */
export const sweep =
  (runs: number, ...more: readonly string[]) =>
  (place: Place): readonly string[] => [
    ...["sweep", ...server(place), "--out_dir", "sweep", "--context_sizes", "32,64"],
    ...["--runs", `${runs}`, "--max_tokens", "4", ...more],
  ];

/** A case for each row: how the only chat is answered, what becomes of its record, and what is said of it. */
export const oneChat = (
  subject: string,
  rows: readonly (readonly [how: string, answer: Answer, outcome: Outcome, says?: string | RegExp])[],
): readonly FaultCase[] =>
  rows.map(([how, answer, outcome, says]) => ({
    name: `${subject} ${how}`,
    server: chats(answer),
    exit: outcome === "ok" ? 0 : 1,
    says: says === undefined ? [] : [says],
    log: [outcome],
  }));
