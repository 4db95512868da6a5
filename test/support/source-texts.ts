import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));

/** Comments are skipped as they are found, so that what they quote is no text. */
const COMMENT_OR_TEXT =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;

/** Every text in quotes in the sources, with the file below `src/` that has it. */
export function sourceTexts(): { readonly file: string; readonly text: string }[] {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return files.flatMap((file) =>
    (readFileSync(`${SRC}${file}`, "utf8").match(COMMENT_OR_TEXT) ?? [])
      .filter((found) => !found.startsWith("/"))
      .map((text) => ({ file: file.replaceAll("\\", "/"), text })),
  );
}
