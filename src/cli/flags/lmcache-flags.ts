import { type Command, Option } from "commander";
import { lmcache } from "../../api/methods.js";
import { OptionError } from "../../domain/errors/errors.js";
import { MOST_CONTEXT_TOKENS } from "../../domain/errors/options.js";
import { LMCACHE_PROTOCOLS, type LmcacheProtocol } from "../../methods/request/lmcache-protocol.js";
import { wholeNumber } from "./flags.js";

/** How the LMCache of a server is set up. */
export interface LmcacheFlags {
  readonly lmcache?: true;
  readonly lmcache_protocol?: LmcacheProtocol;
  readonly lmcache_chunk_tokens?: number;
  readonly separator?: string;
  readonly bos_token?: number;
}

/** Adds {@link LmcacheFlags} to a command. */
export function addLmcacheFlags(command: Command): Command {
  return command
    .option(
      "--lmcache",
      "the CacheBlend server is vLLM with LMCache: send token ids, with the chunks separated as it expects",
    )
    .addOption(
      new Option(
        "--lmcache_protocol <how>",
        "separator: LMCache in vLLM's process, a separator between chunks (default); chunks: lmcache server --engine-type blend, " +
          "documents padded to whole KV chunks",
      ).choices(LMCACHE_PROTOCOLS),
    )
    .option(
      "--lmcache_chunk_tokens <n>",
      "tokens per KV chunk, with --lmcache_protocol chunks (default: 256)",
      wholeNumber(1, MOST_CONTEXT_TOKENS),
    )
    .option(
      "--separator <text>",
      'LMCACHE_BLEND_SPECIAL_STR of the server, with --lmcache_protocol separator (default: " # # ")',
    )
    .option("--bos_token <id>", "id of the token its prompts begin with (default: none)", wholeNumber(0));
}

/** Flags that say how LMCache is set up. */
const LMCACHE_FLAGS = ["lmcache_protocol", "lmcache_chunk_tokens", "separator", "bos_token"] as const;

/** What a method that reuses chunks is told of them; nothing where the server shows it by itself. */
export type Chunks = { readonly chunks?: ReturnType<typeof lmcache> };

/**
 * How the server stores chunks, as the flags say.
 *
 * @throws OptionError for flags that say it of no LMCache, or of its other protocol.
 */
export function chunksOf(flags: LmcacheFlags): Chunks {
  if (!flags.lmcache) {
    for (const name of LMCACHE_FLAGS)
      if (flags[name] !== undefined) throw new OptionError(`--${name}`, "needs --lmcache", flags[name]);
    return {};
  }
  const { lmcache_protocol: protocol = "separator", lmcache_chunk_tokens: chunkTokens, separator } = flags;
  if (protocol === "separator" && chunkTokens !== undefined)
    throw new OptionError("--lmcache_chunk_tokens", "needs --lmcache_protocol chunks", chunkTokens);
  if (protocol === "chunks" && separator !== undefined)
    throw new OptionError("--separator", "is for --lmcache_protocol separator", separator);
  return {
    chunks: lmcache({
      ...{ protocol, bosToken: flags.bos_token ?? null },
      ...(chunkTokens !== undefined && { chunkTokens }),
      ...(separator !== undefined && { separator }),
    }),
  };
}
