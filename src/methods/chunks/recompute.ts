import {
  type Filtering,
  type MethodSetting,
  NO_SETTING,
  type Selector,
} from "../../domain/records/methods.js";
import { type PromptIds, storedPieces } from "../../domain/records/prompt-ids.js";

/** How CacheBlend chooses the tokens that it recomputes. */
export interface BlendChoice {
  readonly selector: Selector;
  readonly checkLayer: number;
  readonly filtering: Filtering;
}

/** Which tokens of the stored chunks a request recomputes. */
export type Recompute =
  | { readonly of: "nothing" }
  | { readonly of: "share"; readonly ratio: number; readonly choice: BlendChoice }
  | { readonly of: "beginnings"; readonly tokensPerChunk: number };

/** What a request asks for, in the terms of its record: only those choices that are sent to the store. */
export function settingOf(recompute: Recompute, choosesTokens: boolean): MethodSetting {
  switch (recompute.of) {
    case "nothing":
      return { ...NO_SETTING, recompute_ratio: 0 };
    case "share": {
      const { ratio, choice } = recompute;
      if (!choosesTokens) return { ...NO_SETTING, recompute_ratio: ratio };
      const { selector, checkLayer: check_layer, filtering } = choice;
      return { ...NO_SETTING, recompute_ratio: ratio, selector, check_layer, filtering };
    }
    case "beginnings":
      return { ...NO_SETTING, tokens_per_chunk: recompute.tokensPerChunk };
  }
}

/** Why a store can't do it; null if it can. */
export function whyNot(recompute: Recompute, choosesTokens: boolean): string | null {
  if (choosesTokens || recompute.of === "nothing") return null;
  if (recompute.of === "beginnings")
    return "only the embedded engine can be told which tokens to recompute, which EPIC needs";
  const { selector, checkLayer, filtering } = recompute.choice;
  const isUsual = selector === "v" && checkLayer === 1 && filtering === "once";
  return isUsual
    ? null
    : "only the embedded engine can be told how to choose tokens: leave selector, check layer and filtering out";
}

/** The minimum and the maximum number of tokens to be recomputed of a prompt whose pieces are stored. */
export function recomputeTokens(
  recompute: Recompute,
  storedTokens: number,
  ids: PromptIds,
): { readonly least: number; readonly most: number } {
  switch (recompute.of) {
    case "nothing":
      return { least: 0, most: 0 };
    case "share": {
      const tokens = Math.floor(storedTokens * recompute.ratio);
      return { least: tokens, most: tokens };
    }
    case "beginnings": {
      const each = storedPieces(ids).map(({ length }) => Math.min(length, recompute.tokensPerChunk));
      const sum = (pieces: readonly number[]) => pieces.reduce((total, tokens) => total + tokens, 0);
      // The first chunk is not recomputed if it was computed after the text before it.
      return { least: sum(each.slice(1)), most: sum(each) };
    }
  }
}
