import { statSync } from "node:fs";
import { join } from "node:path";
import { OptionError } from "../domain/errors/errors.js";
import type { Task } from "../domain/records/example.js";
import { samplePath } from "./bundled-samples.js";
import { SOURCE_NAMES, SOURCES } from "./dataset-sources.js";
import { MADE_NAMES, PUBLISHED_DATASETS, type PublishedName } from "./datasets.js";

/** A dataset that is known by name, or a collection of several that is fetched under one. */
export interface ListedDataset {
  readonly name: string;
  /** Published by others; generated here from a seed; or files of several published ones, which others collected. */
  readonly kind: "published" | "generated" | "collection";
  readonly task: Task | null;
  /** The form in which its authors publish it; null for a generated one and a collection. */
  readonly schema: string | null;
  /** The bytes of the sample that comes with this package, a few examples written for it; null if there is none. */
  readonly sampleBytes: number | null;
  /** The licence of the published files; null for what is generated. */
  readonly licence: string | null;
  /** Those of its files that are in the folder. */
  readonly fetched: readonly { readonly path: string; readonly bytes: number }[];
}

/** Where `datasets fetch` puts files unless told otherwise. */
const DOWNLOADS = "datasets/downloads";

/**
 * Lists the datasets that are known by name, and which of their files were fetched.
 *
 * @param to the folder that they were fetched into; default `datasets/downloads`.
 * @throws OptionError if it is no text.
 * @example datasets.list()[0] // { name: "2wikimqa", kind: "published", licence: "Apache-2.0", fetched: [], … }
 */
export function listDatasets(to: string = DOWNLOADS): readonly ListedDataset[] {
  if (typeof to !== "string") throw new OptionError("to", "must be a folder", to);
  const sources = SOURCE_NAMES.map((name): ListedDataset => {
    const { licence, files } = SOURCES[name];
    const names = files.flatMap(({ saveAs, unpack = {} }) => [saveAs, ...Object.values(unpack)]);
    return { name, ...about(name), licence, fetched: names.flatMap((file) => found(join(to, file))) };
  });
  const made = MADE_NAMES.map(
    (name): ListedDataset => ({
      ...{ name, kind: "generated", task: "question answering", schema: null },
      ...{ sampleBytes: null, licence: null, fetched: [] },
    }),
  );
  return [
    ...sources.filter(({ kind }) => kind === "published"),
    ...made,
    ...sources.filter(({ kind }) => kind === "collection"),
  ];
}

function about(name: string): Pick<ListedDataset, "kind" | "task" | "schema" | "sampleBytes"> {
  if (!Object.hasOwn(PUBLISHED_DATASETS, name))
    return { kind: "collection", task: null, schema: null, sampleBytes: null };
  const { task, form, sample } = PUBLISHED_DATASETS[name as PublishedName];
  return { kind: "published", task, schema: form.name, sampleBytes: statSync(samplePath(sample)).size };
}

function found(path: string): ListedDataset["fetched"] {
  const file = statSync(path, { throwIfNoEntry: false });
  return file?.isFile() ? [{ path, bytes: file.size }] : [];
}
