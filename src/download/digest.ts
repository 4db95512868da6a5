import { createHash } from "node:crypto";
import { closeSync, createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { openFile } from "../disk/open-file.js";

/** The digest that a file must have: its SHA-256, or git's SHA-1 (`git hash-object`). */
export interface Digest {
  readonly algorithm: "sha256" | "git-sha1";
  readonly hex: string;
}

/** Hashes a file, in hexadecimal. */
export async function digestOf(path: string, algorithm: Digest["algorithm"]): Promise<string> {
  closeSync(openFile(path));
  const hash = createHash(algorithm === "sha256" ? "sha256" : "sha1");
  if (algorithm === "git-sha1") hash.update(`blob ${(await stat(path)).size}\0`);
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  return hash.digest("hex");
}
