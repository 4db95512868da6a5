import { type ZodType, z } from "zod";
import { isObject } from "../json.js";
import { OptionError } from "./errors.js";

/**
 * Checks options and returns them with their defaults filled in.
 *
 * @throws OptionError naming the first option at fault, its rule and the value received.
 */
export function checkOptions<T>(schema: ZodType<T>, options: unknown): T {
  const result = schema.safeParse(options, { error: ruleOf });
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  if (issue.code === "unrecognized_keys") {
    throw new OptionError(`option ${issue.keys[0]}`, "is not known here", valueAt(options, [issue.keys[0]!]));
  }
  const name = issue.path.length === 0 ? "options" : issue.path.join(".");
  throw new OptionError(name, issue.message, valueAt(options, issue.path));
}

/** What values are called where a schema has no rule of its own. */
const KINDS: Readonly<Record<string, string>> = {
  array: "must be a list",
  boolean: "must be true or false",
  function: "must be a function",
  int: "must be a whole number",
  number: "must be a number",
  object: "must be an object of options",
  string: "must be a text",
  tuple: "must be a list",
};

/** A rule in our words for a schema without one. */
function ruleOf({ code, expected, values }: Readonly<Record<string, unknown>>): string | undefined {
  if (code === "invalid_type") return KINDS[String(expected)];
  if (code === "invalid_value" && Array.isArray(values)) return `must be one of ${values.join(", ")}`;
  return undefined;
}

/** A whole number of at least `least` and, if given, at most `most`. */
export const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const rule = `must be a whole number of at least ${least}`;
  return z.int(rule).min(least, rule).max(most, `must be at most ${most}`);
};

/**
 * The schema of an object with any names of the caller's own; zod's `record` drops `__proto__`.
 *
 * @param rule the message if it is not such an object.
 */
export function mapOf<T>(value: ZodType<T>, rule: string) {
  return z
    .custom<Readonly<Record<string, unknown>>>((map) => isObject(map) && !isInstance(map), rule)
    .transform((map, context): Readonly<Record<string, T>> => {
      const entries = Object.entries(map).map(([name, field]) => {
        const result = value.safeParse(field, { error: ruleOf });
        for (const issue of result.error?.issues ?? [])
          context.addIssue({ ...issue, code: "custom", path: [name, ...issue.path] });
        return [name, result.data as T] as const;
      });
      return Object.fromEntries(entries);
    });
}

/** An object of a class, such as a list of headers, whose fields are not entries of a map. */
function isInstance(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && prototype !== Object.prototype && Object.getPrototypeOf(prototype) !== null;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** The maximum number of repetitions: the plan of a run must fit into memory. */
export const MOST_REPEATED = 1_000_000;

/** The longest context in tokens whose text fits into a string. */
export const MOST_CONTEXT_TOKENS = 100_000_000;

/** The maximum number of requests of a load. */
export const MOST_REQUESTS = 100_000_000;
