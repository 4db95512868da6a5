import { existsSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../../domain/json.js";
import { type OpenFile, openFile, readText } from "./byte-source.js";
import { readSafetensorsHead, requireData } from "./safetensors.js";
import type { StoredTensor, TensorFile } from "./tensor-file.js";
import { SAFETENSORS_TYPES } from "./tensor-types.js";

const WHOLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/**
 * The tensors of a folder's `model.safetensors`, or of the shards that its index names; the files are handed to
 * `keep`, whose part it is to close them.
 *
 * @throws a plain Error that names the file or the tensor at fault.
 */
export function safetensorsFolder(folder: string, keep: (file: OpenFile) => void): TensorFile {
  const tensors = new Map<string, StoredTensor>();
  for (const name of shardsOf(folder)) {
    try {
      const source = openFile(join(folder, name));
      keep(source);
      for (const [tensor, entry] of readSafetensorsHead(source).entries) {
        const type = SAFETENSORS_TYPES.get(entry.dtype);
        if (type === undefined) {
          throw new Error(
            `${tensor} is stored as ${entry.dtype}, which is not supported; F32, F16 and BF16 are`,
          );
        }
        requireData(tensor, entry, type.blockBytes, source.size);
        if (tensors.has(tensor)) throw new Error(`${tensor} is in another file, too`);
        tensors.set(tensor, { shape: entry.shape, type, source, start: entry.start });
      }
    } catch (cause) {
      throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
  return tensors;
}

function shardsOf(folder: string): readonly string[] {
  if (existsSync(join(folder, WHOLE))) return [WHOLE];
  if (!existsSync(join(folder, INDEX))) throw new Error(`it has neither ${WHOLE} nor ${INDEX}`);
  const index: unknown = indexIn(folder);
  const map = isObject(index) ? index.weight_map : undefined;
  if (!isObject(map)) throw new Error(`${INDEX} has no weight_map`);
  const names = [...new Set(Object.values(map))];
  for (const name of names) {
    if (typeof name !== "string" || !/^[\w.-]+\.safetensors$/.test(name)) {
      throw new Error(`${INDEX} names ${String(name)}, which is not in the folder`);
    }
  }
  return names as readonly string[];
}

function indexIn(folder: string): unknown {
  try {
    return JSON.parse(readText(join(folder, INDEX)));
  } catch (cause) {
    throw new Error(`${INDEX}: ${(cause as Error).message}`, { cause });
  }
}
