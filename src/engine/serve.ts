import { fork } from "node:child_process";
import { once } from "node:events";
import { z } from "zod";
import { awaited } from "../domain/awaited.js";
import { FirstTokenError } from "../domain/errors.js";
import { HOST_NAME, HOST_RULE } from "../domain/http-door.js";
import { checkOptions } from "../domain/options.js";
import { modelNames } from "./model.js";
import { KERNEL_FLAGS } from "./wasm.js";

/** What to serve and where. */
export interface ServeOptions {
  /** `tiny` (trained, default), `bench` (random weights at a realistic shape), or another model of `models/`. */
  readonly model?: string;
  /** The port; 0, the default, takes a free one. */
  readonly port?: number;
  /** Tokens whose keys and values are kept; default 65,536. */
  readonly kvTokens?: number;
  /** The address it listens on; default 127.0.0.1. */
  readonly host?: string;
  /**
   * Names it may be called by beside localhost and `host`, such as `host.docker.internal`; default none. Whoever calls it by
   * another, as a web page can, is refused.
   */
  readonly allowedHosts?: readonly string[];
  /** Gives the start up. */
  readonly signal?: AbortSignal;
}

/** A running server. */
export interface EngineServer {
  /** `http://host:port/v1`. */
  readonly url: string;
  readonly model: string;
  /** Ends the server; resolves when its process is gone. */
  close(): Promise<void>;
}

/** The child's command line. */
export type ChildOptions = Required<Omit<ServeOptions, "signal">>;

/** What the child says once. */
export type ChildReport = { readonly listening: number } | { readonly failed: string };

const options = z.strictObject({
  model: z
    .string()
    .refine((name) => modelNames().includes(name), {
      error: () => `must be one of ${modelNames().join(", ")}`,
    })
    .default("tiny"),
  port: z
    .int("must be a whole number from 0 to 65535")
    .min(0, "must be a whole number from 0 to 65535")
    .max(65_535, "must be a whole number from 0 to 65535")
    .default(0),
  kvTokens: z
    .int("must be a whole number from 1024 to 500000")
    .min(1024, "must be a whole number from 1024 to 500000")
    .max(500_000, "must be a whole number from 1024 to 500000")
    .default(65_536),
  host: z.string().min(1, "must name an address").default("127.0.0.1"),
  allowedHosts: z.array(z.string().regex(HOST_NAME, HOST_RULE), HOST_RULE).default([]),
  signal: z.instanceof(AbortSignal, { error: "must be an AbortSignal" }).optional(),
});

/** Loading and warming up take seconds, on a busy machine a minute. */
const START_SECONDS = 180;

/**
 * Starts the embedded engine as a server of its own, in a child process that ends with this one.
 *
 * It answers OpenAI's `/v1/models`, `/v1/chat/completions` and `/v1/completions` with a real transformer and a real KV
 * cache on the CPU; it is there to show how caches behave, not to talk to. It decodes greedily, whatever `temperature`
 * says. Resolves when it listens and is warm.
 *
 * @throws OptionError for a wrong option; FirstTokenError when the server does not start, such as on a port in use; the
 * signal's reason.
 * @example
 * const serving = await engine.serve({ model: "tiny" });
 * serving.url // "http://127.0.0.1:41873/v1"
 * await serving.close();
 */
export async function serve(asked: ServeOptions = {}): Promise<EngineServer> {
  const { signal, ...chosen } = checkOptions(options, asked);
  const { host, port, model } = chosen;
  const child = fork(
    new URL("../../dist/engine/child.js", import.meta.url),
    [JSON.stringify(chosen satisfies ChildOptions)],
    {
      execArgv: [...KERNEL_FLAGS],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    },
  );
  const exited = once(child, "exit");
  const first = await awaited(Promise.race([once(child, "message"), exited.then(() => null)]), {
    seconds: START_SECONDS,
    signal,
    late: () => new FirstTokenError(`The engine did not listen within ${START_SECONDS} s.`),
  }).catch((error: unknown) => {
    child.kill();
    throw error;
  });
  const report = (first?.[0] ?? { failed: "its process ended before it listened" }) as ChildReport;
  if ("failed" in report) {
    await exited;
    throw new FirstTokenError(`The engine could not be served on ${host}:${port}: ${report.failed}.`);
  }
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${report.listening}/v1`,
    model,
    close: async () => {
      child.kill();
      await exited;
    },
  };
}
