import { type Command, InvalidArgumentError, Option } from "commander";
import * as methods from "../../api/methods.js";
import type { Server } from "../../client/server.js";
import { MOST_CONTEXT_TOKENS } from "../../domain/errors/options.js";
import {
  FILTERINGS,
  type Filtering,
  METHOD_NAMES,
  METHODS,
  type MethodName,
  SELECTORS,
  type Selector,
} from "../../domain/records/methods.js";
import type { Method } from "../../methods/request/method.js";
import type { Console } from "../screen/console.js";
import { apiAddress, wholeNumber, wholeNumbers } from "./flags.js";
import { addLmcacheFlags, chunksOf, type LmcacheFlags } from "./lmcache-flags.js";
import { addLogFlags } from "./log-flags.js";
import { addServerFlags, connectAs, type ServerFlags } from "./server-flags.js";
import { flag } from "./vocabulary.js";

/** A server that blends, and what its methods are told apart by, such as `disk`; null where it is the only one. */
export interface BlendingAt {
  readonly name: string | null;
  readonly url: string;
}

/** The flags of a method comparison. */
export interface MethodFlags extends ServerFlags, LmcacheFlags {
  readonly blend_api_base?: readonly BlendingAt[];
  readonly methods: readonly MethodName[];
  readonly recompute_ratios: readonly number[];
  readonly selectors: readonly Selector[];
  readonly check_layer: number;
  readonly filtering: Filtering;
  readonly tokens_per_chunk: readonly number[];
  readonly seed: number;
  readonly resume?: true;
  readonly overwrite?: true;
}

const NAMES = new Map(METHOD_NAMES.map((name) => [METHODS[name].flag as string, name]));
const WORDS = [...NAMES.keys()];
const USUAL = METHOD_NAMES.filter((name) => METHODS[name].isUsual);
const { lmcache: _chunks, ...makers } = methods;

/**
 * Adds {@link MethodFlags} to a command.
 *
 * @param usual the methods where none are named; where that depends on the server, what the help says of them.
 */
export function addMethodFlags(command: Command, usual: readonly MethodName[] | string = USUAL): Command {
  const which = new Option(
    "--methods <list>",
    `which of ${WORDS.join(", ")}${typeof usual === "string" ? ` (default: ${usual})` : ""}`,
  ).argParser(methodNames);
  if (typeof usual !== "string") which.default(usual, usual.map((name) => METHODS[name].flag).join(","));
  return addLmcacheFlags(addLogFlags(addServerFlags(command)))
    .option(
      "--blend_api_base <[name=]url>",
      "the CacheBlend server, if it is a different one (vLLM + LMCache); repeatable, such as once for each storage tier, " +
        "each with its own name",
      blendingAt,
    )
    .addOption(which)
    .option("--recompute_ratios <list>", "shares of tokens that CacheBlend recomputes", ratios, [0.15])
    .option(
      "--selectors <list>",
      `how CacheBlend chooses these tokens: by ${SELECTORS.join(", ")}; this and the next three work on firsttoken serve only`,
      listOf(SELECTORS),
      ["v"],
    )
    .option("--check_layer <n>", "the layer at which CacheBlend chooses them", wholeNumber(1), 1)
    .addOption(
      new Option("--filtering <how>", "once: at that layer; gradual: again at every later layer")
        .choices(FILTERINGS)
        .default("once"),
    )
    .option(
      "--tokens_per_chunk <list>",
      "tokens that EPIC recomputes at the beginning of every chunk",
      wholeNumbers(0, MOST_CONTEXT_TOKENS),
      [16],
    )
    .addOption(flag("seed", { usual: 1 }));
}

/** The servers and the methods the flags name; close the servers afterwards. */
export async function chooseMethods(
  flags: MethodFlags,
  console: Pick<Console, "err">,
  signal: AbortSignal,
): Promise<{
  readonly methods: Readonly<Record<string, Method>>;
  readonly close: () => void;
}> {
  const servers = await connectMethods(flags, console, signal);
  return { methods: methodsOf(servers, flags), close: servers.close };
}

/** The server that is measured, and those that blend, which may be the same one. */
export interface MethodServers {
  readonly server: Server;
  readonly blending: readonly { readonly name: string | null; readonly server: Server }[];
  readonly close: () => void;
}

/** The servers the flags name; close them afterwards. */
export async function connectMethods(
  flags: MethodFlags,
  console: Pick<Console, "err">,
  signal: AbortSignal,
): Promise<MethodServers> {
  // What is wrong with the flags is said before a server is asked.
  chunksOf(flags);
  const opened: Server[] = [];
  const close = (): void => {
    for (const one of opened) one.close();
  };
  const open = async (url?: string): Promise<Server> => {
    const server = await connectAs(flags, console, signal, url);
    opened.push(server);
    return server;
  };
  try {
    const server = await open();
    const blending: { name: string | null; server: Server }[] = [];
    for (const { name, url } of flags.blend_api_base ?? []) blending.push({ name, server: await open(url) });
    return { server, blending: blending.length === 0 ? [{ name: null, server }] : blending, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The methods the flags name, on these servers. */
export function methodsOf(
  { server, blending }: Pick<MethodServers, "server" | "blending">,
  flags: MethodFlags,
): Record<string, Method> {
  const made = flags.methods.flatMap((name): (readonly [string, Method])[] => {
    const { title, door, reuses } = METHODS[name];
    if (reuses !== "chunks") return [[title, makers[door](server)]];
    return blending.flatMap((at) =>
      chunkMethods(name, at.server, flags).map(
        ([label, method]) => [at.name === null ? label : `${at.name}: ${label}`, method] as const,
      ),
    );
  });
  return Object.fromEntries(made);
}

/** The methods of a name that reuse chunks, on a server that does so. */
function chunkMethods(
  name: MethodName,
  server: Server,
  flags: MethodFlags,
): readonly (readonly [string, Method])[] {
  const chunks = chunksOf(flags);
  const { title, door, recomputes } = METHODS[name];
  const make = makers[door];
  switch (recomputes) {
    case "beginnings":
      return flags.tokens_per_chunk.map((tokensPerChunk) => [
        `${title} ${tokensPerChunk}`,
        make(server, { tokensPerChunk, ...chunks }),
      ]);
    case "share":
      return flags.selectors.flatMap((selector) =>
        flags.recompute_ratios.map((recomputeRatio): readonly [string, Method] => [
          `${title}${selector === "v" ? "" : ` by ${selector}`} ${Number((recomputeRatio * 100).toPrecision(6))}%`,
          make(server, {
            ...{ recomputeRatio, selector, checkLayer: flags.check_layer, filtering: flags.filtering },
            ...chunks,
          }),
        ]),
      );
    default:
      return [[title, make(server, chunks)]];
  }
}

/** Reads a server that blends; several are told apart by their names. */
function blendingAt(value: string, before: readonly BlendingAt[] = []): readonly BlendingAt[] {
  const [, name, url] = /^(?:([^=:/?]*)=)?(.*)$/s.exec(value)!;
  if (name?.trim() === "") throw new InvalidArgumentError("Its name must not be empty.");
  const all = [...before, { name: name?.trim() ?? null, url: apiAddress(url!) }];
  const names = new Set(all.map((one) => one.name));
  if (all.length === 1 || (names.size === all.length && !names.has(null))) return all;
  throw new InvalidArgumentError(
    "Of several, each must have a name of its own, such as disk=http://localhost:8002/v1.",
  );
}

function methodNames(value: string): MethodName[] {
  return value.split(",").map((part) => {
    const name = NAMES.get(part.trim());
    if (name === undefined) throw new InvalidArgumentError(`Each must be one of ${WORDS.join(", ")}.`);
    return name;
  });
}

const listOf =
  <const W extends string>(words: readonly W[]) =>
  (value: string): W[] =>
    value.split(",").map((part) => {
      const word = words.find((one) => one === part.trim());
      if (word === undefined) throw new InvalidArgumentError(`Each must be one of ${words.join(", ")}.`);
      return word;
    });

function ratios(value: string): number[] {
  return value.split(",").map((part) => {
    const ratio = Number(part);
    if (part.trim() === "" || !(ratio > 0 && ratio <= 1)) {
      throw new InvalidArgumentError("Each must be above 0 and at most 1; for 0 use the method reuse.");
    }
    return ratio;
  });
}
