import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { makeFolder, writeWhole } from "../disk/written-file.js";

/** What became of each notebook. */
export interface Copied {
  /** New in the folder, or renewed because the user had not changed the older one. */
  readonly written: readonly string[];
  /** The user's own by now, and another than the one published. */
  readonly kept: readonly string[];
}

/** Beside the copies: the digest of each as it was published. */
const NOTE = ".firsttoken-notebooks.json";
const DIGESTS = z.record(z.string(), z.string());

/**
 * Copies the notebooks of one folder into another, and never over one that the user has changed.
 *
 * @throws what the file system throws.
 */
export function copyNotebooks(from: string, to: string): Copied {
  makeFolder(to);
  const before = digestsIn(to);
  const written: string[] = [];
  const kept: string[] = [];
  const digests = new Map(Object.entries(before));
  for (const name of readdirSync(from).filter((file) => file.endsWith(".ipynb"))) {
    const published = readFileSync(join(from, name));
    const place = join(to, name);
    const found = existsSync(place) ? digestOf(readFileSync(place)) : null;
    if (found === digestOf(published)) continue;
    if (found !== null && found !== before[name]) {
      kept.push(name);
      continue;
    }
    writeWhole(place, published);
    digests.set(name, digestOf(published));
    written.push(name);
  }
  if (written.length > 0)
    writeWhole(join(to, NOTE), `${JSON.stringify(Object.fromEntries(digests), null, 2)}\n`);
  return { written, kept };
}

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** A note that can't be read names nothing, and so nothing is replaced. */
function digestsIn(folder: string): Readonly<Record<string, string>> {
  try {
    return DIGESTS.parse(JSON.parse(readFileSync(join(folder, NOTE), "utf8")));
  } catch {
    return {};
  }
}
