import type { TokenBudget } from "../../src/domain/records/token-count.js";

/** Counts words, as the embedded engine's tokenizer nearly does: exact, and free of any server. */
export const wordCounter: TokenBudget = {
  count: async (text) => words(text).length,
  truncate: async (text, tokens) => words(text).slice(0, tokens).join("").trimEnd(),
};

/** Words with the white space behind them. */
const words = (text: string) => text.match(/\S+\s*/g) ?? [];
