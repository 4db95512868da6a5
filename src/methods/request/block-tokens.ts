import { randomUUID } from "node:crypto";
import type { Server } from "../../client/server.js";
import { withServerCounters } from "../../client/server-counters.js";
import { filler } from "../../prompts/filler.js";
import { random } from "../../stats/random.js";

/** Lengths whose blocks of 1 to 256 tokens have little in common: 25, 33 and 37 blocks of 16; 3, 4 and 4 of 128. */
const PART_TOKENS = [400, 130, 70];
/** Room for the template and the answer. */
const MARGIN_TOKENS = 128;

const found = new WeakMap<Server, Promise<number | null>>();

/**
 * The block size of a server's prefix cache in tokens: from its answers, or learnt from four short requests, each an
 * extension of the one before. Null if it reports no hits. Determined once per server.
 */
export function blockTokensOf(server: Server): Promise<number | null> {
  const known = found.get(server) ?? find(server);
  found.set(server, known);
  return known;
}

async function find(server: Server): Promise<number | null> {
  const { blockTokens } = await server.recognise();
  const room = (server.contextLimit?.tokens ?? Number.POSITIVE_INFINITY) - MARGIN_TOKENS;
  if (blockTokens !== null || room < PART_TOKENS.reduce((sum, part) => sum + part)) return blockTokens;
  const source = random(randomUUID());
  const parts: string[] = [];
  for (const [index, tokens] of PART_TOKENS.entries()) {
    parts.push(await filler(source.fork(`part ${index}`), server.tokens, tokens));
  }
  const texts = parts.map((_, index) => parts.slice(0, index + 1).join(" "));
  const hits: number[] = [];
  let left = 0;
  for (const content of [...texts, texts.at(-1)!]) {
    const send = () => server.chat({ messages: [{ role: "user", content }], maxTokens: 1 });
    const { completion } = await withServerCounters(server, send);
    const { cached_tokens, prompt_tokens } = completion;
    if (completion.outcome !== "ok" || cached_tokens === null || prompt_tokens === null) return null;
    hits.push(cached_tokens);
    left = prompt_tokens - 1 - cached_tokens;
  }
  // Only the repeat was found: a cache of whole prompts, which has no blocks.
  if (hits.at(-2) === 0) return null;
  const block = hits.slice(1).reduce(greatestCommonDivisor);
  // A repeat leaves less than a block, or hits come and go by another rule.
  return left >= 0 && left < block ? block : null;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
