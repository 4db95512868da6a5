import { join } from "node:path";
import { z } from "zod";
import { checkOptions } from "../domain/errors/options.js";
import { fetchFile } from "../download/fetch-file.js";
import { BASE_URL, FETCH_HOW, type FetchHow, shownBase } from "../download/fetch-options.js";
import type { FetchedFile } from "../download/fetched-file.js";
import { unpackFetched } from "../download/unpack-fetched.js";
import { SOURCE_NAMES, SOURCES, type SourceName } from "./dataset-sources.js";

export interface FetchOptions extends FetchHow {
  /** The folder for the files; created if missing. */
  readonly to: string;
  /** A mirror instead of the publisher, with the same paths, such as `https://hf-mirror.com`; default the publisher. */
  readonly baseUrl?: string;
}

export interface FetchedDataset {
  readonly name: SourceName;
  readonly licence: string;
  readonly files: readonly FetchedFile[];
}

const OPTIONS = z.strictObject({
  name: z.enum(SOURCE_NAMES, `must be one of ${SOURCE_NAMES.join(", ")}`),
  to: z.string("must be a folder").min(1, "must be a folder"),
  baseUrl: BASE_URL.optional(),
  ...FETCH_HOW,
});

/**
 * Fetches the published files of a dataset into a folder; `datasets.load` reads them from there.
 *
 * Called again after an interruption, it continues where it stopped. An existing file is checked, never replaced.
 *
 * @param name a published dataset, such as `2wikimqa`, or `longbench` or `cacheblend` for the files that these projects
 * publish.
 * @throws OptionError for a wrong option; `datasets.DownloadError`, saying what was tried and what to do; the signal's reason
 * if it aborts.
 * @example await datasets.fetch("musique", { to: "data" }) // { files: [{ path: "data/musique-dev.jsonl", … }], … }
 */
export async function fetchDataset(name: SourceName, options: FetchOptions): Promise<FetchedDataset> {
  const { to, baseUrl, ...how } = checkOptions(OPTIONS, { ...options, name });
  const source = SOURCES[name];
  const base = shownBase("baseUrl", baseUrl ?? source.baseUrl);
  const files: FetchedFile[] = [];
  for (const file of source.files) {
    const { urlPath, saveAs, digest, unpack: members = {} } = file;
    const path = join(to, saveAs);
    const url = base + urlPath;
    files.push(await fetchFile(url, path, { ...how, digest }));
    for (const [member, memberName] of Object.entries(members)) {
      files.push(await unpackFetched(url, path, member, join(to, memberName)));
    }
  }
  return { name, licence: source.licence, files };
}
