import { jsonText } from "../../domain/json.js";

/** What a manifest is made of. A field that is undefined is left out. */
export type Yaml = string | number | boolean | readonly Yaml[] | { readonly [key: string]: Yaml | undefined };

/**
 * A value in YAML's block style, as every reader of YAML 1.1 and 1.2 takes it: texts are in quotes, with JSON's escapes, unless they
 * are plain words.
 *
 * @example yaml({ args: ["--runs", "5"], parallel: 2 }) // 'args:\n  - "--runs"\n  - "5"\nparallel: 2\n'
 */
export const yaml = (value: Yaml): string => linesOf(value).join("\n").concat("\n");

function linesOf(value: Yaml): string[] {
  if (isList(value)) {
    if (value.length === 0) return ["[]"];
    return value.flatMap((item) => linesOf(item).map((line, at) => (at === 0 ? `- ${line}` : `  ${line}`)));
  }
  if (typeof value !== "object") return [typeof value === "string" ? text(value) : String(value)];
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  if (fields.length === 0) return ["{}"];
  return fields.flatMap(([key, field]) => {
    const lines = linesOf(field!);
    const isBlock = typeof field === "object" && !/^(\[\]|\{\})$/.test(lines[0]!);
    return isBlock ? [`${text(key)}:`, ...lines.map((line) => `  ${line}`)] : [`${text(key)}: ${lines[0]}`];
  });
}

const isList = (value: Yaml): value is readonly Yaml[] => Array.isArray(value);

/** Words that YAML 1.1 reads as something else than a text. */
const NO_TEXT = /^(y|n|yes|no|on|off|true|false|null)$/i;

const text = (value: string): string =>
  /^[a-z][\w./-]*$/i.test(value) && !NO_TEXT.test(value) ? value : wholeEscapes(jsonText(value));

/** JSON escapes a character beyond 16 bits as two halves, YAML as one. */
const wholeEscapes = (json: string): string =>
  json.replace(/(?<=(?<!\\)(?:\\\\)*)\\u(d[89ab]..)\\u(d[c-f]..)/g, (_, high: string, low: string) => {
    const point = String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16)).codePointAt(0)!;
    return `\\U${point.toString(16).padStart(8, "0")}`;
  });
