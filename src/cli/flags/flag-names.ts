/**
 * What flags are called elsewhere, and the names they have here: names of LiteLLM's script that stay, and names that had two
 * meanings.
 */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  base_url: ["mirror"],
  chunks: ["stream_chunks"],
  context_tokens: ["max_model_len"],
  documents: ["pool_documents"],
  output_tokens: ["max_tokens"],
  rate: ["rates"],
  stream_warm_ups: ["stream_warmup"],
  to: ["out_dir", "models_dir"],
  trials: ["runs"],
  warm_ups: ["warmup"],
};

/**
 * Lets every long flag be written with dashes as well as underscores, and by its other names: `--api-base` for `--api_base`,
 * and the other way where the command's own names have dashes.
 *
 * Only names that this command does not know are changed, so that a value such as `--x_y` after `--prompt` stays, and none
 * behind `--`.
 */
export function withOtherNames(argv: readonly string[], known: ReadonlySet<string>): string[] {
  const spelt = new Map([...known].map((flag) => [plain(flag), flag]));
  const end = argv.indexOf("--");
  return argv.map((argument, place) => {
    if (end >= 0 && place > end) return argument;
    const [, given, value = ""] = /^(--[a-z][\w-]*)(=.*)?$/s.exec(argument) ?? [];
    if (given === undefined || known.has(given)) return argument;
    const name = plain(given);
    const here = [name, ...(OTHER_NAMES[name] ?? [])].map((one) => spelt.get(one));
    const flag = here.find((one) => one !== undefined);
    return flag === undefined ? argument : flag + value;
  });
}

/** What a name from elsewhere is called here; it may be several flags, each of another command. */
export const namesHere = (name: string): readonly string[] =>
  Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name]! : [];

/** A flag's name without the dashes before it, and underscores for those in it. */
const plain = (flag: string): string => flag.slice(2).replaceAll("-", "_");
