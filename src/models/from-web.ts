import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Digest } from "../download/digest.js";
import type { DownloadOptions } from "../download/download.js";
import { DownloadError } from "../download/download-error.js";
import { fetchFile } from "../download/fetch-file.js";
import type { FetchedFile } from "../download/fetched-file.js";
import { hubDigest } from "./hub-digest.js";
import type { KnownFiles } from "./known-models.js";

/** How files are fetched, and from where with a login. */
export interface WebHow extends DownloadOptions {
  readonly headers: Readonly<Record<string, string>>;
}

const NEEDED = ["config.json", "tokenizer.json"];
const OPTIONAL = ["tokenizer_config.json", "generation_config.json", "chat_template.jinja"];
const INDEX = "model.safetensors.index.json";
const WEIGHTS = "model.safetensors";

/** Fetches the files of a known model, each verified by its digest or the hub's. */
export async function knownFolder(
  base: string,
  files: KnownFiles,
  folder: string,
  how: WebHow,
): Promise<FetchedFile[]> {
  const fetched: FetchedFile[] = [];
  for (const [name, sha256] of Object.entries(files)) {
    fetched.push(await fetchOne(`${base}/${name}`, join(folder, name), how, sha256));
  }
  return fetched;
}

/**
 * Fetches a Hugging Face folder from any address: its JSON files, and the weights that its index names, or `model.safetensors`.
 *
 * @throws DownloadError if a required file is missing.
 */
export async function anyFolder(base: string, folder: string, how: WebHow): Promise<FetchedFile[]> {
  const get = (name: string) => fetchOne(`${base}/${name}`, join(folder, name), how);
  const fetched: FetchedFile[] = [];
  for (const name of NEEDED) fetched.push(await get(name));
  for (const name of OPTIONAL) for (const file of await unlessMissing(get(name))) fetched.push(file);
  const index = await unlessMissing(get(INDEX));
  const weights = index.length === 0 ? [WEIGHTS] : shardsOf(`${base}/${INDEX}`, join(folder, INDEX));
  for (const file of index) fetched.push(file);
  for (const name of weights) fetched.push(await get(name));
  return fetched;
}

/** Fetches one file, verified by what is known about it, else by the hub's own header, else by its length. */
export async function fetchOne(
  url: string,
  path: string,
  how: WebHow,
  sha256: string | null = null,
): Promise<FetchedFile> {
  if (sha256 !== null) return fetchFile(url, path, { ...how, digest: { algorithm: "sha256", hex: sha256 } });
  const digest = await saidDigest(url, how);
  const file = await fetchFile(url, path, { ...how, ...(digest !== null && { digest }) });
  // Without a network, the next call has nothing else to recognise it by.
  if (digest !== null) writeFileSync(`${path}.sha256`, `${file.sha256}  ${basename(path)}\n`);
  return file;
}

async function saidDigest(
  url: string,
  { headers, signal, idleTimeoutSeconds = 60 }: WebHow,
): Promise<Digest | null> {
  const late = AbortSignal.timeout(idleTimeoutSeconds * 1_000);
  try {
    return await hubDigest(url, headers, signal === undefined ? late : AbortSignal.any([signal, late]));
  } catch {
    signal?.throwIfAborted();
    return null;
  }
}

async function unlessMissing(fetching: Promise<FetchedFile>): Promise<readonly FetchedFile[]> {
  try {
    return [await fetching];
  } catch (cause) {
    if (cause instanceof DownloadError && cause.status === 404) return [];
    throw cause;
  }
}

/** The files of the weights named by the index: only names in its own folder. */
function shardsOf(url: string, path: string): readonly string[] {
  let map: unknown;
  try {
    map = (JSON.parse(readFileSync(path, "utf8")) as { weight_map?: unknown }).weight_map;
  } catch (cause) {
    throw new DownloadError(`${url} is not JSON; move ${path} away to fetch it again.`, { url, cause });
  }
  const names = [...new Set(Object.values(Object(map) as object) as unknown[])];
  const isName = (name: unknown): name is string =>
    typeof name === "string" && /^[\w-][\w.-]*\.safetensors$/.test(name);
  if (names.length > 0 && names.every(isName)) return names;
  throw new DownloadError(`${url} names no safetensors files of its own folder.`, { url });
}
