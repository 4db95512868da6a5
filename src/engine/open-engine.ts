import { availableParallelism } from "node:os";
import { ModelError } from "../domain/errors/errors.js";
import { openModel } from "./loading/open-model.js";
import { Engine } from "./methods/engine.js";
import { loadModel } from "./model/model.js";
import { modelNames } from "./model/own-models.js";
import type { ChildOptions } from "./serve.js";

type EngineOptions = Pick<ChildOptions, "model" | "kvTokens" | "maxModelLen" | "compute" | "threads">;

const DEFAULT_KV_TOKENS = 65_536;
/** More threads have too little to do between two meetings. */
const MOST_THREADS = 16;

/**
 * An engine with its model, its memory and its threads, cold.
 *
 * @param onBroken called when a thread has failed and nothing more can be computed.
 * @throws ModelError for a model that can't be used or does not fit into memory.
 */
export async function openEngine(options: EngineOptions, onBroken: (error: Error) => void): Promise<Engine> {
  const { model: name, kvTokens, maxModelLen, compute, threads } = options;
  if (modelNames().includes(name)) {
    const model = loadModel(name);
    const asked = { maxTokens: maxModelLen ?? model.maxTokens, compute: compute ?? "f32" };
    return new Engine({ ...model, ...asked }, kvTokens ?? DEFAULT_KV_TOKENS, {
      threads: threads ?? 1,
      onBroken,
    });
  }
  const asked = { kvTokens: kvTokens ?? null, maxModelLen: maxModelLen ?? null, compute: compute ?? null };
  const opened = await openModel(name, asked, process.availableMemory());
  try {
    // The weights are read only here.
    return new Engine(opened.model, opened.kvTokens, {
      threads: threads ?? Math.min(availableParallelism(), MOST_THREADS),
      onBroken,
    });
  } catch (cause) {
    throw new ModelError(name, cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    opened.close();
  }
}
