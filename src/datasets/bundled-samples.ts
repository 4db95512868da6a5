import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readWhole } from "../disk/open-file.js";

/** The samples that come with the package: a few examples each, written for it in the form of published datasets. */
const FOLDER = new URL("../../datasets/", import.meta.url);

/** The path of a bundled sample by its file's name. */
export const samplePath = (file: string): string => fileURLToPath(new URL(file, FOLDER));

/** The SHA-256 of a file, in hexadecimal digits. */
export const fileDigest = (path: string): string =>
  createHash("sha256").update(readWhole(path)).digest("hex");

/** Whether a file with this SHA-256 is a bundled sample, wherever it lies. */
export function isBundledSample(sha256: string): boolean {
  const samples = readdirSync(FOLDER).filter((name) => /-sample[-.]/.test(name));
  return samples.some((name) => fileDigest(samplePath(name)) === sha256);
}
