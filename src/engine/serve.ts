import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { z } from "zod";
import { FirstTokenError, ModelError, OptionError } from "../domain/errors/errors.js";
import { checkOptions } from "../domain/errors/options.js";
import { HOST_NAME, HOST_RULE } from "../domain/http-door.js";
import { awaited } from "../domain/waiting.js";
import { isNamedModel, namedModel } from "../models/kept-model.js";
import { COMPUTES, type Compute } from "./model/model.js";
import { MAX_TOKENS, modelNames } from "./model/own-models.js";
import { KERNEL_FLAGS } from "./wasm/arena.js";

/** Options of the embedded engine. */
export interface ServeOptions {
  /**
   * `tiny` (trained, default), `bench` (random weights at a realistic shape), or another model of `models/`; or a language
   * model: the name of one that `models.fetch` has fetched, or the path of a Hugging Face folder or of a GGUF file.
   */
  readonly model?: string;
  /** The port; default 0, which takes a free one. */
  readonly port?: number;
  /** Number of tokens whose keys and values are kept; default 65,536, for a language model two contexts. */
  readonly kvTokens?: number;
  /** Maximum tokens of a prompt and its answer; default the model's own, for a language model at most 8,192. */
  readonly maxModelLen?: number;
  /**
   * How matrices are multiplied: `f32`; or `i16` or `i8`, with weights as codes of 8 bits and activations rounded to 16 or to
   * 8. Default `i16` for a language model from a quantised GGUF file, which keeps its weights exact; `f32` for any other.
   */
  readonly compute?: Compute;
  /** Number of computing threads; default 1, for a language model one per core. Answers are the same for any number. */
  readonly threads?: number;
  /** The address it listens on; default 127.0.0.1. */
  readonly host?: string;
  /**
   * Names it answers to besides localhost and `host`, such as `host.docker.internal`; default none. Requests under any other
   * name, as a web page can send, are refused.
   */
  readonly allowedHosts?: readonly string[];
  /** Aborts the start. */
  readonly signal?: AbortSignal;
}

/** A running server. */
export interface EngineServer {
  /** `http://host:port/v1`. */
  readonly url: string;
  /** The model's name in `/v1/models`. */
  readonly model: string;
  /** Whether it is a language model, not one of this package's own. */
  readonly isLanguageModel: boolean;
  /**
   * The share of its weights that is rounded to 8 bits, 0 to 1: with `i16` and `i8`, the weights that the file stores in 16 or
   * 32 bits, which a partly quantised file has too.
   */
  readonly roundedShare: number;
  /** Resolves when its process has ended, closed or not, with a sentence that says how. */
  readonly ended: Promise<string>;
  /** Ends the server; resolves when its process has ended. */
  close(): Promise<void>;
}

/** The child's command line. */
export type ChildOptions = Required<Omit<ServeOptions, "signal" | Sizes>> & {
  readonly [size in Sizes]?: ServeOptions[size] | undefined;
};
type Sizes = "kvTokens" | "maxModelLen" | "compute" | "threads";

/** The child's only message: where it listens; why it can't; what is wrong with the model. */
export type ChildReport =
  | { readonly listening: number; readonly model: string; readonly roundedShare: number }
  | { readonly failed: string }
  | { readonly unusable: string };

const options = z.strictObject({
  model: z
    .string()
    .refine((model) => knows(model) || existsSync(model), {
      error: () =>
        `must be one of a Hugging Face folder, a GGUF file, a fetched model's name, ${modelNames().join(", ")}`,
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
    .optional(),
  maxModelLen: z
    .int("must be a whole number from 64 to 1000000")
    .min(64, "must be a whole number from 64 to 1000000")
    .max(1_000_000, "must be a whole number from 64 to 1000000")
    .optional(),
  compute: z.enum(COMPUTES, { error: `must be one of ${COMPUTES.join(", ")}` }).optional(),
  threads: z
    .int("must be a whole number from 1 to 256")
    .min(1, "must be a whole number from 1 to 256")
    .max(256, "must be a whole number from 1 to 256")
    .optional(),
  host: z.string().min(1, "must name an address").default("127.0.0.1"),
  allowedHosts: z.array(z.string().regex(HOST_NAME, HOST_RULE), HOST_RULE).default([]),
  signal: z.instanceof(AbortSignal, { error: "must be an AbortSignal" }).optional(),
});

/**
 * Whether a text names a model that {@link serve} runs: one of its own, one that `models.fetch` knows or has fetched, or an
 * existing GGUF file.
 *
 * @param model a name, or a path.
 * @example engine.knows("tiny") // true
 */
export function knows(model: string): boolean {
  if (modelNames().includes(model) || isNamedModel(model)) return true;
  return model.toLowerCase().endsWith(".gguf") && existsSync(model);
}

/** Loading and warming up takes seconds, on a busy machine a minute. */
const START_SECONDS = 180;

/**
 * Starts the embedded engine as a server in a child process, which ends with this one.
 *
 * It answers OpenAI's `/v1/models`, `/v1/chat/completions` and `/v1/completions` with a real transformer and a real KV cache
 * on the CPU. Its own models show how caches behave and can't talk; a language model of Llama's family (Llama 2 and 3,
 * SmolLM2, Qwen2, 2.5 and 3, Mistral without a sliding window) answers as usual, with its chat template. Decoding is greedy
 * unless a request's `temperature` is above 0. Resolves when the server listens and is warm.
 *
 * @throws OptionError for a wrong option; ModelError for a model that can't be used, with the file, tensor or field at fault,
 * or for one that does not fit into memory; FirstTokenError if the server does not start, for instance because the port is in
 * use; the signal's reason.
 * @example
 * const serving = await engine.serve({ model: "tiny" });
 * serving.url // "http://127.0.0.1:41873/v1"
 * await serving.close();
 */
export async function serve(asked: ServeOptions = {}): Promise<EngineServer> {
  const { signal, ...given } = checkOptions(options, asked);
  const isOwn = modelNames().includes(given.model);
  const chosen = { ...given, model: (isOwn ? null : namedModel(given.model)) ?? given.model };
  const { host, port, model, maxModelLen = 0 } = chosen;
  if (isOwn && maxModelLen > MAX_TOKENS) {
    throw new OptionError("maxModelLen", `must be at most ${MAX_TOKENS} for ${model}`, maxModelLen);
  }
  const child = fork(
    new URL("../../dist/engine/child.js", import.meta.url),
    [JSON.stringify(chosen satisfies ChildOptions)],
    {
      execArgv: [...KERNEL_FLAGS],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    },
  );
  const exited = once(child, "exit").then(([code, by]: (number | string | null)[]) =>
    by === null ? `its process ended with code ${code}` : `its process ended by signal ${by}`,
  );
  const first = await awaited(Promise.race([once(child, "message"), exited]), {
    seconds: START_SECONDS,
    signal,
    late: () => new FirstTokenError(`The engine did not listen within ${START_SECONDS} s.`),
  }).catch((error: unknown) => {
    child.kill();
    throw error;
  });
  const report: ChildReport =
    typeof first === "string" ? { failed: `${first} before it listened` } : (first[0] as ChildReport);
  if ("unusable" in report) {
    await exited;
    throw new ModelError(model, report.unusable);
  }
  if ("failed" in report) {
    await exited;
    throw new FirstTokenError(`The engine could not be served on ${host}:${port}: ${report.failed}.`);
  }
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${report.listening}/v1`,
    model: report.model,
    isLanguageModel: !isOwn,
    roundedShare: report.roundedShare,
    ended: exited.then((how) => `The engine can't answer any more: ${how}.`),
    close: async () => {
      child.kill();
      await exited;
    },
  };
}
