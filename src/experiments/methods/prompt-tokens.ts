import type { Server } from "../../client/server.js";
import { MethodRefused, OptionError } from "../../domain/errors/errors.js";
import type { ChunkedPrompt } from "../../domain/records/chunked-prompt.js";
import { METHODS } from "../../domain/records/methods.js";
import type { PromptFormat, Tokenised } from "../../domain/records/words.js";
import type { Method } from "../../methods/request/method.js";
import { type Joining, promptIds, tokenIds } from "../../methods/request/prompt-ids.js";

/** How the prompts of a run become tokens, the same for all of its methods. */
export interface PromptTokens {
  readonly tokenised: Tokenised;
  /** The prompt with its ids, or unchanged if it is sent as a text. */
  of(method: Method, prompt: ChunkedPrompt): Promise<ChunkedPrompt>;
}

/** Texts as they are. */
export const WHOLE: PromptTokens = { tokenised: "whole", of: async (_method, prompt) => prompt };

/** Words, digits, signs and characters of several bytes, on which tokenizers differ. */
const MIXED = "The café of 1984, 年 🦊\n\n\tdef f(x): return x+1";

/**
 * Ensures that all methods of a run get the same tokens: if one of them keeps chunks apart, or their servers do so by
 * themselves, every method sends the ids of the prompt's pieces, because a text tokenised as a whole has other tokens at the
 * seams.
 *
 * @param pieces whether the ids of a piece are kept, because many prompts have it.
 * @throws OptionError if methods join pieces differently, or servers of one model have different tokens; MethodRefused if a
 * server gives no ids, or can't do what its method needs.
 */
export async function promptTokens(
  methods: Readonly<Record<string, Method>>,
  format: PromptFormat,
  pieces: "new" | "remembered" = "new",
): Promise<PromptTokens> {
  const all = Object.entries(methods);
  const joinings = await joiningsOf(all, format);
  const [joining, ...others] = joinings;
  if (joining === undefined) return WHOLE;
  if (others.length > 0) {
    const told = joinings.map(
      ({ behind, bosToken }) =>
        `${"separator" in behind ? JSON.stringify(behind.separator) : `KV chunks of ${behind.chunkTokens} tokens`} and BOS ${bosToken}`,
    );
    throw new OptionError(
      "methods",
      `must all join their chunks alike, or they are asked different prompts: with ${told.join("; with ")}`,
      Object.keys(methods).join(", "),
    );
  }
  await requireSameIds(all);
  const known = new WeakMap<ChunkedPrompt, Map<Server, Promise<ChunkedPrompt>>>();
  const asking = pieces === "remembered" ? rememberingIds() : (server: Server) => server;
  return {
    tokenised: "pieces",
    async of({ name, server }, prompt) {
      const byServer = known.get(prompt) ?? new Map<Server, Promise<ChunkedPrompt>>();
      known.set(prompt, byServer);
      const found =
        byServer.get(server) ??
        promptIds(METHODS[name].title, asking(server), prompt, joining).then(
          (ids): ChunkedPrompt => ({ ...prompt, ids }),
        );
      byServer.set(server, found);
      return found;
    },
  };
}

/** The ways in which the methods join pieces, those of methods that keep chunks apart first. */
async function joiningsOf(
  all: readonly (readonly [string, Method])[],
  format: PromptFormat,
): Promise<readonly Joining[]> {
  const chunked = all.filter(([, { name }]) => METHODS[name].reuses === "chunks");
  if (chunked.length > 0) return distinct(await Promise.all(chunked.map(([, method]) => method.joining())));
  for (const [, { server }] of all) {
    // A chat can't be sent as ids without knowing its template.
    if (format === "chat" && (await server.chatTemplate()) === null) return [];
    if ((await server.tokens.encode(MIXED)) === null) return [];
  }
  const own = await Promise.all(all.map(([, method]) => method.joining()));
  return own.includes(null) ? [] : distinct(own);
}

function distinct(joinings: readonly (Joining | null)[]): readonly Joining[] {
  const found = joinings.filter((joining) => joining !== null);
  return [...new Map(found.map((joining) => [JSON.stringify(joining), joining])).values()];
}

/** Servers of one model must all be sent the same list of ids. */
async function requireSameIds(all: readonly (readonly [string, Method])[]): Promise<void> {
  const byModel = new Map<string, { readonly ids: string; readonly url: string }>();
  for (const [label, { server }] of all) {
    const ids = JSON.stringify([await tokenIds(label, server, MIXED), await server.promptBeginning()]);
    const first = byModel.get(server.model) ?? { ids, url: server.url };
    byModel.set(server.model, first);
    if (first.ids === ids) continue;
    throw new MethodRefused(
      label,
      `${server.url} and ${first.url} have different tokens for one text, so methods would not be asked the same ids.`,
    );
  }
}

/** Servers of which each text's ids are asked for once. */
function rememberingIds(): (server: Server) => Server {
  const known = new WeakMap<Server, Server>();
  return (server) => {
    const ids = new Map<string, Promise<readonly number[] | null>>();
    const encode = (text: string) => {
      const found = ids.get(text) ?? server.tokens.encode(text);
      ids.set(text, found);
      return found;
    };
    const tokens = Object.setPrototypeOf({ encode }, server.tokens);
    const remembering = known.get(server) ?? (Object.setPrototypeOf({ tokens }, server) as Server);
    known.set(server, remembering);
    return remembering;
  };
}
