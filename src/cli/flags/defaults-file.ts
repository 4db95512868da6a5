import { existsSync, readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, type Option } from "commander";
import { whyNotWritten } from "../../disk/written-file.js";
import { OptionError } from "../../domain/errors/errors.js";
import { isObject } from "../../domain/json.js";
import { isSecretName } from "../../domain/secrets/named-secrets.js";
import { namesHere } from "./flag-names.js";
import { nearest } from "./nearest.js";

/** The file of a folder that holds defaults of flags. */
export const DEFAULTS_FILE = "firsttoken.json";

/** Keys, and what may hold one, belong in no file that is shared with the work. */
const SECRET = new Set(["api_key", "provider_key", "header"]);

/** What one run is told, and no later one. */
const OF_ONE_RUN = new Set(["resume", "overwrite", "shard", "start_at", "version", "help"]);

/** Environment variables that say the same as a flag, which go before the file. */
const ENVIRONMENT: Readonly<Record<string, string>> = {
  models_dir: "FIRSTTOKEN_MODELS",
  mirror: "HF_ENDPOINT",
};

/** Flags that are given once for each of their values. */
export const REPEATED: ReadonlySet<string> = new Set([
  "fail_if",
  "fault_status",
  "blend_api_base",
  "allowed_host",
  "setup",
]);

/** A value as JSON has it. */
type Value = string | number | boolean | readonly (string | number)[] | Readonly<Record<string, unknown>>;

/** The flags that a command took from the file, as they are there. */
export type UsedDefaults = Readonly<Record<string, Value>>;

/** What the file says: defaults of all commands that ask a server, and of single commands. */
export interface Defaults {
  readonly shared: Readonly<Record<string, unknown>>;
  readonly own: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * Reads the defaults of the working folder; null where there is no such file.
 *
 * @param root all commands, by which its keys are checked.
 * @throws OptionError where it is not JSON, has an unknown key, or one that is refused.
 */
export function readDefaults(root: Command): Defaults | null {
  if (!existsSync(DEFAULTS_FILE)) return null;
  const page = parsed(textOfFile());
  const commands = commandsBelow(root, "");
  const own = Object.fromEntries(
    Object.entries(page).flatMap(([key, section]) => {
      const command = commands.get(key);
      if (command === undefined) return [];
      if (!isObject(section)) return refuse(key, "must be an object of this command's flags", section);
      for (const name of Object.keys(section)) requireKnown(name, `${key}.${name}`, command.options);
      requireOnce(Object.keys(section), (name) => `${key}.${name}`);
      return [[key, section]];
    }),
  );
  const shared = Object.fromEntries(Object.entries(page).filter(([key]) => !commands.has(key)));
  const askers = [...commands.values()].filter(asksServer).flatMap(({ options }) => options);
  for (const name of Object.keys(shared)) requireKnown(name, name, askers, [...commands.keys()]);
  requireOnce(Object.keys(shared), (name) => name);
  return { shared, own };
}

function textOfFile(): string {
  try {
    return readFileSync(DEFAULTS_FILE, "utf8");
  } catch (cause) {
    throw new OptionError(DEFAULTS_FILE, `can't be read (${whyNotWritten(cause)})`, DEFAULTS_FILE);
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  let page: unknown;
  try {
    page = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new OptionError(DEFAULTS_FILE, `is not JSON (${(cause as Error).message})`, text.slice(0, 40));
  }
  if (isObject(page)) return page;
  throw new OptionError(
    DEFAULTS_FILE,
    'must be an object of flags, such as { "api_base": "8000" }',
    text.slice(0, 40),
  );
}

/**
 * Gives a command the defaults of the file for what was neither given nor is in the environment.
 *
 * @param place the command's words, such as `models fetch`.
 * @returns those that were used.
 * @throws OptionError for a value that the flag does not take.
 */
export function useDefaults(command: Command, place: string, { shared, own }: Defaults): UsedDefaults {
  const asked = { ...(asksServer(command) ? shared : {}), ...own[place] };
  const used: Record<string, Value> = {};
  for (const [name, value] of Object.entries(asked)) {
    const option = optionOf(name, command.options);
    if (option === undefined || isDecided(option, command)) continue;
    const where = own[place]?.[name] === undefined ? name : `${place}.${name}`;
    command.setOptionValueWithSource(option.attributeName(), read(option, value, { name, where }), "config");
    used[name] = value as Value;
  }
  return used;
}

/** Whether the command line or the environment says it, or something that excludes it. */
function isDecided(option: Option, command: Command): boolean {
  const given = (name: string): boolean => command.getOptionValueSource(name) === "cli";
  const name = option.attributeName();
  const excluded = command.options.some((other) => given(other.attributeName()) && excludes(other, option));
  return given(name) || excluded || Boolean(process.env[ENVIRONMENT[plain(option.long!)] ?? ""]);
}

const excludes = (one: Option, other: Option): boolean =>
  conflicts(one).includes(other.attributeName()) ||
  conflicts(other).includes(one.attributeName()) ||
  [one, other]
    .map(({ long }) => long)
    .sort()
    .join() === "--format,--json";

/** What an option can't be given with: Commander keeps it, but does not declare it. */
const conflicts = (option: Option): readonly string[] =>
  (option as Option & { readonly conflictsWith?: readonly string[] }).conflictsWith ?? [];

interface Key {
  readonly name: string;
  readonly where: string;
}

function read(option: Option, value: unknown, { name, where }: Key): unknown {
  if (option.isBoolean() || option.negate) {
    if (typeof value !== "boolean") return refuse(where, "must be true or false", value);
    return option.negate && isNegated(name) ? !value : value;
  }
  if (value === true && option.optional) return true;
  const texts = textsOf(option, value);
  if (texts === null) return refuse(where, "must be a text, a number or a list of them", value);
  try {
    return texts.reduce<unknown>(
      (before, text) => (option.parseArg === undefined ? text : option.parseArg(text, before)),
      undefined,
    );
  } catch (error) {
    if (!(error instanceof InvalidArgumentError || error instanceof OptionError)) throw error;
    return refuse(where, ruleOf(error), value);
  }
}

/** What a value must be, by the error of a flag's reader. */
const ruleOf = (error: InvalidArgumentError | OptionError): string =>
  error instanceof OptionError
    ? error.message.slice(error.option.length + 1).replace(/; received .*$/s, "")
    : error.message
        .replace(/^It /, "")
        .replace(/^Allowed choices are /, "must be one of ")
        .replace(/\.$/, "");

/** The value as it would be typed: a list with commas, or one text for each time a flag is given. */
function textsOf(option: Option, value: unknown): string[] | null {
  const isText = (one: unknown): one is string | number => typeof one === "string" || typeof one === "number";
  if (isText(value)) return [String(value)];
  if (Array.isArray(value) && value.length > 0 && value.every(isText))
    return REPEATED.has(plain(option.long!)) ? value.map(String) : [value.join(",")];
  return isObject(value) && option.long === "--body" ? [JSON.stringify(value)] : null;
}

function requireKnown(
  name: string,
  where: string,
  options: readonly Option[],
  others: readonly string[] = [],
): void {
  const key = plain(name);
  if (SECRET.has(key) || (optionOf(name, options) === undefined && isSecretName(name)))
    refuse(
      where,
      "must not be here, since it may hold a key: use FIRSTTOKEN_API_KEY, or --api_key @FILE",
      "…",
    );
  if (OF_ONE_RUN.has(key)) refuse(where, "is for one run: give it on the command line", name);
  const option = optionOf(name, options);
  if (option?.mandatory === true) refuse(where, "is needed each time: give it on the command line", name);
  if (option !== undefined) return;
  const known = [...options.map(({ long }) => plain(long ?? "")), ...others];
  const here = namesHere(key).filter((one) => known.includes(one));
  const near = here.length > 0 ? here : nearest(key, new Set(known.filter((one) => one !== "help")));
  refuse(where, `is no flag here${near.length === 0 ? "" : `; is it ${near.join(" or ")}?`}`, name);
}

/** Refuses a flag in two spellings, of which one would be forgotten. */
function requireOnce(names: readonly string[], where: (name: string) => string): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const key = plain(name).replace(/^no_/, "");
    const other = seen.get(key);
    if (other !== undefined) refuse(where(name), `is there as "${other}" too: leave one of them out`, name);
    seen.set(key, name);
  }
}

function refuse(key: string, rule: string, value: unknown): never {
  throw new OptionError(
    `${DEFAULTS_FILE}, "${key}"`,
    rule,
    typeof value === "object" ? JSON.stringify(value) : value,
  );
}

/** A flag by a name in the file: with dashes or underscores, and a switch that is off by default by its own name. */
const optionOf = (name: string, options: readonly Option[]): Option | undefined =>
  options.find(({ long }) => plain(long ?? "") === plain(name)) ??
  options.find(({ long, negate }) => negate && plain(long ?? "") === `no_${plain(name)}`);

const isNegated = (name: string): boolean => plain(name).startsWith("no_");
const plain = (name: string): string => name.replace(/^--/, "").replaceAll("-", "_");
const asksServer = ({ options }: Command): boolean => options.some(({ long }) => long === "--api_base");

/** Every command that has flags of its own, by its words. */
function commandsBelow(command: Command, above: string): Map<string, Command> {
  return new Map(
    command.commands.flatMap((below) => {
      const place = `${above}${below.name()}`;
      return [[place, below] as const, ...commandsBelow(below, `${place} `)];
    }),
  );
}
