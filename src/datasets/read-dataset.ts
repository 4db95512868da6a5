import { isObject } from "../domain/json.js";
import type { Example } from "../domain/records/example.js";
import { PUBLISHED_DATASETS, PUBLISHED_NAMES, type PublishedName } from "./datasets.js";
import { DatasetError, type DatasetProblem } from "./files/dataset-problem.js";
import { type Item, readItems } from "./files/read-items.js";
import { cacheBlendInputs } from "./schemas/cacheblend-inputs.js";
import { longBench } from "./schemas/longbench.js";
import type { Reading, Schema } from "./schemas/schema.js";

const TASKS = Object.fromEntries(PUBLISHED_NAMES.map((name) => [name, PUBLISHED_DATASETS[name].task]));
const LONGBENCH = Object.fromEntries(
  PUBLISHED_NAMES.map((name) => [PUBLISHED_DATASETS[name].longBench, name]),
);
const SCHEMAS: readonly Schema[] = [
  ...PUBLISHED_NAMES.map((name) => PUBLISHED_DATASETS[name].form),
  longBench(LONGBENCH, TASKS),
  cacheBlendInputs(TASKS),
];

/** The examples of a file, and the number of its items. */
export interface DatasetReading {
  readonly examples: readonly Example[];
  readonly items: number;
  /** Items that can't be asked or scored, or differ in kind from the others. */
  readonly leftOut: number;
}

/**
 * Reads a file of one dataset; the first item with the keys of a known form decides the form. An item that does not have this
 * form, or can't be asked and scored, is left out and reported.
 *
 * @param told the dataset named by the user, for forms that don't say it themselves.
 * @throws DatasetError for a file without a known form or without a usable item, saying what is wrong with the first.
 */
export async function readDataset(
  path: string,
  told: PublishedName | null,
  onProblem: (problem: DatasetProblem) => void,
): Promise<DatasetReading> {
  const items = await readItems(path);
  const schema = recognise(path, items);
  const examples: Example[] = [];
  const leftOut: { readonly item: number; readonly why: string }[] = [];
  const ids = new Set<string>();
  for (const item of items) {
    const reading = read(schema, item, told);
    if ("unusable" in reading) {
      leftOut.push({ item: item.number, why: reading.unusable });
      continue;
    }
    const { example_id } = reading.example;
    const isRepeated = ids.has(example_id);
    const example = isRepeated
      ? { ...reading.example, example_id: `${example_id}#${item.number}` }
      : reading.example;
    if (isRepeated) {
      const message = `${path}, item ${item.number} has the id ${example_id} of an earlier item; it is called ${example.example_id}.`;
      onProblem({ path, item: item.number, kind: "repeated id", message });
    }
    ids.add(example.example_id);
    examples.push(example);
  }
  if (examples.length === 0) {
    const { item, why } = leftOut[0]!;
    const message = `${path} has ${items.length === 1 ? "1 item" : `${items.length} items`} but none that can be asked and scored: item ${item} ${why}.`;
    throw new DatasetError(message, { path, item });
  }
  for (const { item, why } of leftOut) {
    onProblem({ path, item, kind: "unusable", message: `${path}, item ${item} ${why}; it is left out.` });
  }
  return { examples, items: items.length, leftOut: leftOut.length };
}

function recognise(path: string, items: readonly Item[]): Schema {
  for (const { value } of items) {
    const schema = isObject(value) ? SCHEMAS.find(({ recognises }) => recognises(value)) : undefined;
    if (schema !== undefined) return schema;
  }
  const { value, broken } = items[0]!;
  const found =
    broken ?? (isObject(value) ? `has the keys ${Object.keys(value).join(", ")}` : "is not an object");
  const known = SCHEMAS.map(({ name }) => name).join(", ");
  throw new DatasetError(`${path} has an unknown format: its first item ${found}. Known formats: ${known}.`, {
    path,
    item: 1,
  });
}

function read(schema: Schema, { number, value, broken }: Item, told: PublishedName | null): Reading {
  if (broken !== null) return { unusable: broken };
  let reading: Reading;
  try {
    reading = schema.read(value, number, told);
  } catch (cause) {
    return { unusable: `is not as ${schema.name} has it: ${(cause as Error).message}` };
  }
  if (told !== null && "example" in reading && reading.example.dataset !== told) {
    return { unusable: `is of ${reading.example.dataset} and not of ${told}, as the option dataset says` };
  }
  return reading;
}
