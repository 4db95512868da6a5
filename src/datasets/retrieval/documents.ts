import { readdirSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { isObject } from "../../domain/json.js";
import { DatasetError } from "../files/dataset-problem.js";
import { readItems } from "../files/read-items.js";
import { readText } from "../files/text-file.js";

/** A text to be searched. */
export interface SearchedDocument {
  readonly id: string;
  readonly text: string;
}

const TEXT = /\.(txt|md|markdown|rst)$/i;
const LINES = /\.(jsonl|ndjson)$/i;

/**
 * Reads documents: a text file is one; a JSONL file has one in each line, under `text`, `contents` or `content`, named by its
 * `id` or `title`; a folder contributes all such files at any depth.
 *
 * @throws DatasetError if there are none, or one can't be read.
 */
export async function readDocuments(path: string): Promise<SearchedDocument[]> {
  const names = isFolder(path)
    ? readdirSync(path, { recursive: true, encoding: "utf8" })
        .filter((name) => TEXT.test(name) || LINES.test(name))
        .sort()
        .map((name) => join(path, name))
    : [path];
  const documents: SearchedDocument[] = [];
  for (const name of names) {
    const called = name === path ? basename(path) : relative(path, name);
    if (LINES.test(name)) for (const document of await linesOf(name, called)) documents.push(document);
    else documents.push({ id: called, text: await readText(name) });
  }
  const found = documents.filter(({ text }) => text.trim() !== "");
  if (found.length > 0) return found;
  throw new DatasetError(`${path} holds no documents: texts (.txt, .md, .rst) or JSONL.`, { path });
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    throw new DatasetError(`There are no documents at ${path}.`, { path, cause });
  }
}

async function linesOf(path: string, called: string): Promise<SearchedDocument[]> {
  return (await readItems(path)).map(({ number, value, broken }) => {
    const text = isObject(value) ? (value.text ?? value.contents ?? value.content) : value;
    if (broken !== null || typeof text !== "string") {
      throw new DatasetError(`${path}, item ${number} ${broken ?? 'has no "text"'}.`, { path, item: number });
    }
    const id = isObject(value) ? (value.id ?? value._id ?? value.title) : null;
    return {
      id: typeof id === "string" || typeof id === "number" ? String(id) : `${called}#${number}`,
      text,
    };
  });
}
