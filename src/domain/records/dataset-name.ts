/** A row, as far as it says what its dataset is. */
export interface OfDataset {
  readonly dataset: string;
  readonly bundled_examples?: number | null;
}

/**
 * What a dataset is called wherever it is shown: a bundled sample has the form of the dataset it is named for, and no example
 * of it.
 *
 * @example datasetName({ dataset: "samsum", bundled_examples: 8 }) // "samsum (bundled sample, 8)"
 */
export function datasetName({ dataset, bundled_examples }: OfDataset): string {
  return bundled_examples == null ? dataset : `${dataset} (bundled sample, ${bundled_examples})`;
}

/** A row of an example. */
interface OfExample extends OfDataset {
  readonly example_id: string;
  readonly references: readonly string[];
}

/**
 * The rows, in which an example of a bundled sample is one in every row: logs from before this was recorded do not say it, so
 * that a row is recognised by another with the same example and the same answers.
 */
export function withSamplesNamed<R extends OfExample>(rows: readonly R[]): readonly R[] {
  const known = new Map<string, number>();
  for (const row of rows) if (row.bundled_examples != null) known.set(exampleOf(row), row.bundled_examples);
  if (known.size === 0) return rows;
  return rows.map((row) => {
    const bundled_examples = row.bundled_examples ?? known.get(exampleOf(row));
    return bundled_examples === undefined || bundled_examples === row.bundled_examples
      ? row
      : { ...row, bundled_examples };
  });
}

const exampleOf = ({ dataset, example_id, references }: OfExample): string =>
  JSON.stringify([dataset, example_id, references]);

/** A file of examples, as a manifest names it. */
export interface DatasetFile {
  readonly name: string;
  readonly sha256: string;
}

/** The files that examples were read from, each once; none for generated ones. */
export function datasetFiles(
  examples: readonly (OfDataset & { readonly dataset_sha256?: string | null })[],
): DatasetFile[] {
  const files = new Map<string, DatasetFile>();
  for (const example of examples) {
    const { dataset_sha256: sha256 } = example;
    if (sha256 == null) continue;
    const name = datasetName(example);
    files.set(`${name}\n${sha256}`, { name, sha256 });
  }
  return [...files.values()];
}
