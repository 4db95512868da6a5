import { messageInFlags, OptionError } from "../../domain/errors/errors.js";

/** An option's error in the words of a command line: `--rates` in place of `ratesPerSecond`, in its name and in its rule. */
export function inFlags(error: OptionError, flagFor: (option: string) => string | null): OptionError {
  const { option, received } = error;
  const message = messageInFlags(error);
  // An element or a field is of the flag that gave the whole.
  const [whole] = option.split(/[.[]/) as [string];
  const rule = message.slice(option.length + 1, message.lastIndexOf("; received "));
  const worded = rule.replace(/(?<![\w-])[a-z]+[A-Z]\w*/g, (name) => flagFor(name) ?? name);
  return new OptionError(flagFor(whole) ?? option, worded, received);
}

/** Options of the library whose flags have other names; which of several, the command knows. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  url: ["api_base", "url"],
  headers: ["header"],
  log: ["out"],
  ratesPerSecond: ["rates"],
  between: ["rates"],
  contextTokens: ["context_sizes", "context_size", "needle_lengths"],
  inputTokens: ["input_lengths"],
  depths: ["needle_depths"],
  columns: ["chart_columns"],
  rows: ["chart_rows"],
  series: ["chart_series"],
  panels: ["chart"],
  following: ["num_following"],
  marginTokens: ["safety_margin"],
  recomputeRatio: ["recompute_ratios"],
  selector: ["selectors"],
  chunkTokens: ["chunk_lengths", "lmcache_chunk_tokens"],
  onBadLine: ["skip_bad_lines"],
  ratePerSecond: ["rates"],
  format: ["prompt_format"],
  baseUrl: ["mirror"],
  to: ["out_dir", "models_dir"],
  chunks: ["stream_chunks"],
  warmUps: ["warmup"],
  streamWarmUps: ["stream-warmup"],
};

/**
 * Which of a command's flags gives an option: the one of its name, or the one known to stand for it.
 *
 * @param known the command's long flags.
 */
export function flagOf(known: ReadonlySet<string>): (option: string) => string | null {
  return (option) => {
    const words = option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const names = [words, words.replaceAll("_", "-"), ...(OTHER_NAMES[option] ?? [])];
    return names.map((name) => `--${name}`).find((flag) => known.has(flag)) ?? null;
  };
}
