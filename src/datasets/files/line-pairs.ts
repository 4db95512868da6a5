import { DatasetError } from "./dataset-error.js";
import { readText } from "./text-file.js";

/** `test.src`, `test.src.cleaned`, `test.src.gz`, with `test.tgt` beside it: line n of one belongs to line n of the other. */
const LINE_FILE = /\.src(\.cleaned|\.txt)?(\.gz)?$/;

/** Whether a file is the source half of two line-aligned files. */
export function isLineFile(path: string): boolean {
  return LINE_FILE.test(path);
}

/**
 * Reads two line-aligned files as items `{ source, target }`.
 *
 * @throws DatasetError when they have not the same number of lines.
 */
export async function pairLines(path: string): Promise<unknown[]> {
  const targetPath = path.replace(LINE_FILE, ".tgt");
  const [sources, targets] = [lines(await readText(path)), lines(await readText(targetPath))];
  if (sources.length !== targets.length) {
    const message = `${path} has ${sources.length} lines and ${targetPath} ${targets.length}; they must have the same number.`;
    throw new DatasetError(message, { path });
  }
  return sources.map((source, index) => ({ source, target: targets[index] }));
}

function lines(text: string): string[] {
  return text.replace(/\r?\n$/, "").split(/\r?\n/);
}
