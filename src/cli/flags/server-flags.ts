import { type Command, Option } from "commander";
import type { Server } from "../../client/server.js";
import { OptionError } from "../../domain/errors/errors.js";
import { isObject, type JsonObject, jsonValue } from "../../domain/json.js";
import { withoutKeys } from "../../domain/secrets/named-secrets.js";
import { PROFILE_NAMES, type ProfileName } from "../../servers/profile/profile.js";
import type { Console } from "../screen/console.js";
import { addPortArgument, apiAddress, serverAddress, someText } from "./flags.js";
import { chooseKey, KEY_FORMS, keyReader } from "./key-sources.js";
import { flag } from "./vocabulary.js";

/** The flags every command that talks to a server has, with the original's names and defaults. */
export interface ServerFlags extends RequestFlags {
  /** What was given; else the engine is started for a model of its own, or the server of {@link DEFAULT_API_BASE} asked. */
  readonly api_base?: string;
  /** What was given; else the environment has one, or there is none. */
  readonly api_key?: string;
  readonly model?: string;
  readonly timeout_seconds: number;
  readonly idle_timeout_seconds: number;
  readonly profile?: ProfileName;
  readonly cache_server?: string;
  readonly tokenizer?: string;
  /** Not a flag: whether other processes ask the server too. */
  readonly isShared?: boolean;
}

/** Where a server's key is looked for when none is given. */
export const KEY_VARIABLES = ["FIRSTTOKEN_API_KEY", "OPENAI_API_KEY"] as const;

/** Where a server is looked for when none is named. */
const DEFAULT_API_BASE = "http://localhost:8000/v1";

/** Adds {@link ServerFlags} to a command, and its one argument: the port of a server on this machine. */
export function addServerFlags(command: Command): Command {
  const own = addPortArgument(command, {
    ...{ flag: "api_base", shown: "http://localhost:PORT/v1", least: 1 },
    valueAt: (port) => `http://localhost:${port}/v1`,
  })
    .option(
      "--api_base <url>",
      `the server's OpenAI-compatible address (default: ${DEFAULT_API_BASE}, or the embedded engine, see --model)`,
      apiAddress,
    )
    .option(
      "--api_key <key>",
      `sent as a bearer token, never logged: ${KEY_FORMS} (default: the environment's ${KEY_VARIABLES.join(
        ", then its ",
      )}, else EMPTY)`,
      keyReader(),
    )
    .option(
      "--model <id>",
      "the model to ask for (default: the first the server lists); without --api_base, tiny, bench, a name of `firsttoken " +
        "models list` or a GGUF file starts the embedded engine with it",
      someText,
    )
    .addOption(flag("timeout_seconds", { usual: 900 }))
    .addOption(flag("idle_timeout_seconds", { usual: 300 }))
    .addOption(
      new Option("--profile <kind>", "kind of server (default: recognised by its answers)").choices(
        PROFILE_NAMES,
      ),
    )
    .option(
      "--cache_server <url>",
      "LMCache's own HTTP address, for clearing and counting its store",
      serverAddress,
    )
    .option(
      "--tokenizer <path>",
      "a tokenizer.json to count tokens with, and the chat template beside it (default: the server's /tokenize)",
    );
  return addRequestFlags(own);
}

/**
 * Connects as the flags say; where they name a model of the engine's and no server, to an engine that is started for it and ends
 * when the server is closed.
 */
export async function connectAs(
  flags: ServerFlags,
  console: Pick<Console, "err">,
  signal: AbortSignal,
  url = flags.api_base,
): Promise<Server> {
  const { model } = flags;
  if (url !== undefined || model === undefined) {
    return connectTo(flags, console, signal, url ?? DEFAULT_API_BASE);
  }
  const { startEngine } = await import("./embedded-engine.js");
  const serving = await startEngine(model, console, signal);
  if (serving === null) return connectTo(flags, console, signal, DEFAULT_API_BASE);
  let closed = false;
  // The requests only see that connections end.
  void serving.ended.then((how) => {
    if (!closed) console.err.write(`${how}\n`);
  });
  try {
    const { model: _, ...others } = flags;
    const server = await connectTo(
      { ...others, api_key: flags.api_key ?? "EMPTY", isShared: false },
      console,
      signal,
      serving.url,
    );
    const close = (): void => {
      closed = true;
      server.close();
      void serving.close();
    };
    return { ...server, close };
  } catch (error) {
    closed = true;
    await serving.close();
    throw error;
  }
}

/**
 * Connects as the flags say, to their server or to another one with the same key, model and time limits. The signal ends
 * whatever is asked of it. A key of the environment is named on the standard error, by its variable.
 */
async function connectTo(
  flags: ServerFlags,
  { err }: Pick<Console, "err">,
  signal: AbortSignal,
  url: string,
): Promise<Server> {
  const { key, variable } = chooseKey(flags.api_key, KEY_VARIABLES, "EMPTY", process.env);
  // Nobody is sent a key that the user did not mean for it without a word.
  if (variable !== null)
    err.write(`${withoutKeys(url)} gets the key from ${variable}; --api_key EMPTY sends none.\n`);
  // Loaded here, because help and errors of usage need no client.
  const { connect } = await import("../../client/connect.js");
  return connect(url, {
    apiKey: key,
    timeoutSeconds: flags.timeout_seconds,
    idleTimeoutSeconds: flags.idle_timeout_seconds,
    signal,
    shared: flags.isShared ?? false,
    onNotice: (notice) => void err.write(`${notice}\n`),
    ...(flags.model !== undefined && { model: flags.model }),
    ...(flags.profile !== undefined && { profile: flags.profile }),
    ...(flags.cache_server !== undefined && { cacheServer: flags.cache_server }),
    ...(flags.body !== undefined && { body: flags.body }),
    ...(flags.header !== undefined && { headers: flags.header }),
    ...(flags.tokenizer !== undefined && { tokenizer: flags.tokenizer }),
  });
}

/** What a user adds to every request. */
export interface RequestFlags {
  /** Undefined are the fields to leave out. */
  readonly body?: JsonObject;
  readonly header?: Readonly<Record<string, string>>;
}

/** Adds {@link RequestFlags} to a command. */
export function addRequestFlags(command: Command): Command {
  return command
    .option(
      "--body <json>",
      "extra fields for every request, such as '{\"top_k\": 1}'; null removes a field",
      readBody,
    )
    .option(
      "--header <name: value>",
      "an extra header for every request, repeatable; its value is never logged",
      readHeader,
    );
}

function readBody(value: string): JsonObject {
  const body = jsonValue(value);
  if (!isObject(body))
    throw new OptionError("--body", "must be a JSON object, such as '{\"top_k\": 1}'", "[not shown]");
  return Object.fromEntries(Object.entries(body).map(([name, field]) => [name, field ?? undefined]));
}

/** A value may be a key, so none is shown. */
function readHeader(
  value: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [, name, text] = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/s.exec(value) ?? [];
  if (name === undefined || text === undefined)
    throw new OptionError("--header", 'must be "Name: value"', "[not shown]");
  return { ...before, [name]: text };
}
