/** What to serve, checked by the command. */
export interface LaunchOptions {
  /** A model's id on the hub, a GGUF file for llama.cpp, or a name of Ollama's library. */
  readonly model: string;
  /** Graphics cards the model is split over. */
  readonly gpus: number;
  readonly port: number;
  /** The most tokens of prompt and answer; null leaves it to the server. */
  readonly contextTokens: number | null;
  /** Where LMCache keeps KV beyond this machine, as `host:port`; null for nowhere. */
  readonly redis: string | null;
  /** CacheBlend's share of recomputed tokens, from 0 to 1. */
  readonly recomputeRatio: number;
  /** What a proxy stands before, such as `http://localhost:8000/v1`. */
  readonly providerUrl: string;
}

/** One command to leave running, or to run once before the next. */
export interface Step {
  readonly title: string;
  /** A file to write first. */
  readonly file?: { readonly path: string; readonly text: string };
  readonly environment: Readonly<Record<string, string>>;
  /** The command, a printed line for each group of words. */
  readonly command: readonly (readonly string[])[];
  /** The server itself, which stays in the foreground. */
  readonly stays: boolean;
}

/** How a server is started so that it can be measured. */
export interface Launch {
  readonly steps: readonly Step[];
  /** What to expect, and how older versions say it: a sentence or two each. */
  readonly notes: readonly string[];
  /** The command of this package that measures it. */
  readonly next: string;
}

/** Says how one kind of server is started. */
export interface Recipe {
  /** The port it takes when none is chosen. */
  readonly port: number;
  readonly takesRedis: boolean;
  launch(options: LaunchOptions): Launch;
}
