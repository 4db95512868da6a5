import { type Command, InvalidArgumentError } from "commander";
import * as methods from "../../api/methods.js";
import type { Server } from "../../client/server.js";
import type { Method } from "../../methods/request/method.js";
import type { Console } from "../screen/console.js";
import { connectAs } from "./connect-as.js";
import { addLogFlags, address, addServerFlags, type ServerFlags, wholeNumber } from "./flags.js";

/** The flags of a method comparison. */
export interface MethodFlags extends ServerFlags {
  readonly blend_api_base?: string;
  readonly methods: readonly MethodWord[];
  readonly recompute_ratios: readonly number[];
  readonly lmcache?: true;
  readonly separator: string;
  readonly bos_token?: number;
  readonly seed: number;
  readonly resume?: true;
  readonly overwrite?: true;
  readonly json?: true;
}

const WORDS = ["full", "prefix", "reuse", "blend"] as const;
type MethodWord = (typeof WORDS)[number];

/** Adds {@link MethodFlags} to a command. */
export function addMethodFlags(command: Command): Command {
  return addLogFlags(addServerFlags(command))
    .option(
      "--blend_api_base <url>",
      "the server that blends, where it is another one (vLLM + LMCache)",
      address,
    )
    .option("--methods <list>", `which of ${WORDS.join(", ")}`, methodWords, [...WORDS])
    .option("--recompute_ratios <list>", "CacheBlend's shares of recomputed tokens", ratios, [0.15])
    .option(
      "--lmcache",
      "the blending server is vLLM with LMCache: post token ids, pieces joined by the separator",
    )
    .option("--separator <text>", "LMCACHE_BLEND_SPECIAL_STR of that server", " # # ")
    .option("--bos_token <id>", "id of the token its prompts begin with (default: none)", wholeNumber(0))
    .option("--seed <n>", "orders the requests", wholeNumber(0), 1)
    .option("--json", "print the table's rows as JSON");
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
  const server = await connectAs(flags, console, signal);
  const blending =
    flags.blend_api_base === undefined
      ? server
      : await connectAs(flags, console, signal, flags.blend_api_base);
  return {
    methods: methodsOf(server, blending, flags),
    close: () => {
      server.close();
      blending.close();
    },
  };
}

function methodsOf(server: Server, blending: Server, flags: MethodFlags): Record<string, Method> {
  const chunks = flags.lmcache
    ? { chunks: methods.lmcache({ separator: flags.separator, bosToken: flags.bos_token ?? null }) }
    : {};
  const wanted: Record<MethodWord, () => Record<string, Method>> = {
    full: () => ({ "Full prefill": methods.fullPrefill(server) }),
    prefix: () => ({ "Prefix cache": methods.prefixCache(server) }),
    reuse: () => ({ "Full KV reuse": methods.fullKvReuse(blending, chunks) }),
    blend: () =>
      Object.fromEntries(
        flags.recompute_ratios.map((recomputeRatio) => [
          `CacheBlend ${Number((recomputeRatio * 100).toPrecision(6))}%`,
          methods.cacheBlend(blending, { recomputeRatio, ...chunks }),
        ]),
      ),
  };
  return Object.fromEntries(flags.methods.flatMap((word) => Object.entries(wanted[word]())));
}

function methodWords(value: string): MethodWord[] {
  return value.split(",").map((part) => {
    const word = WORDS.find((known) => known === part.trim());
    if (word === undefined) throw new InvalidArgumentError(`Each must be one of ${WORDS.join(", ")}.`);
    return word;
  });
}

function ratios(value: string): number[] {
  return value.split(",").map((part) => {
    const ratio = Number(part);
    if (part.trim() === "" || !(ratio > 0 && ratio <= 1)) {
      throw new InvalidArgumentError("Each must be above 0 and at most 1; for 0 there is the method reuse.");
    }
    return ratio;
  });
}
