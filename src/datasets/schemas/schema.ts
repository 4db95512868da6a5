import { type ZodType, z } from "zod";
import { parseJson } from "../../domain/json.js";
import type { Example } from "../../domain/records/example.js";

/** What an item turned out to be: an example, or one that can't be asked or scored, with the reason. */
export type Reading = { readonly example: Example } | { readonly unusable: string };

/** A published form of a dataset. */
export interface Schema {
  readonly name: string;
  /** Whether an item has the keys that distinguish this form from the others. */
  readonly recognises: (item: Readonly<Record<string, unknown>>) => boolean;
  /**
   * Understands an item.
   *
   * @param number the item's, from 1, which names it if the form has no ids.
   * @param told the dataset named by the user, for forms that don't say it themselves.
   * @throws Error saying which key does not fit this form.
   */
  readonly read: (item: unknown, number: number, told: string | null) => Reading;
}

/** Whether an item has all of these keys. */
export function hasKeys(item: Readonly<Record<string, unknown>>, ...keys: readonly string[]): boolean {
  return keys.every((key) => key in item);
}

/**
 * The right answers of an item, in any of the forms that datasets and their conversions use: a text, a number, a list of
 * them, lists within lists, or a list as a text of JSON, as in a table's field.
 */
export const answersShape = z
  .unknown()
  .optional()
  .transform((value, context): string[] => {
    const all = [unwrapped(value)].flat(8) as unknown[];
    const texts: string[] = [];
    for (const one of all) {
      if (one === null || one === undefined) continue;
      if ((typeof one !== "string" && typeof one !== "number") || isList(one)) {
        const received = typeof one === "string" ? "a list as a text that is not JSON" : typeof one;
        context.addIssue({ code: "custom", message: `expected texts, received ${received}` });
      } else texts.push(String(one));
    }
    return texts;
  });

const isList = (value: unknown): boolean => typeof value === "string" && /^\s*\[.*\]\s*$/s.test(value);

/** A value that some conversions have written as a text of JSON. */
export function unwrapped(value: unknown): unknown {
  if (!isList(value)) return value;
  try {
    return parseJson(value as string);
  } catch {
    return value;
  }
}

/** A text with all line breaks as LF. */
export const lineFeeds = (text: string): string => text.replaceAll(/\r\n?/g, "\n");

/** The item in its form, or an error that names the key at fault. */
export function shaped<T>(shape: ZodType<T>, item: unknown): T {
  const result = shape.safeParse(item);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const reason = message.replace(/^Invalid input: /, "");
  throw new Error(path.length === 0 ? reason : `its "${path.join(".")}" is wrong (${reason})`);
}

/** An example if it can be asked and scored. Empty passages and answers do not count. */
export function usable(example: Example): Reading {
  const passages = example.passages.filter(({ title, text }) => (title ?? "").trim() + text.trim() !== "");
  const references = example.references.map((reference) => reference.trim()).filter((text) => text !== "");
  const lacks = whatLacks({ ...example, passages, references });
  return lacks === null ? { example: { ...example, passages, references } } : { unusable: lacks };
}

function whatLacks({ task, input, passages, references }: Example): string | null {
  const isSummary = task === "dialogue summary" || task === "news summary";
  if (references.length === 0) return isSummary ? "has no summary" : "has no answer";
  if (!isSummary && input.trim() === "") return "has no question";
  if (task === "dialogue summary") return input.trim() === "" ? "has no dialogue" : null;
  return passages.length === 0 ? "has no passages" : null;
}
