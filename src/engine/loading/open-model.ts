import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { ModelError } from "../../domain/errors/errors.js";
import { type OpenFile, openFile } from "../files/byte-source.js";
import type { Compute, LanguageModel } from "../model/model.js";
import type { ModelTokenizer } from "../model/model-tokenizer.js";
import type { DecoderConfig } from "./decoder-config.js";
import type { StoredWeights } from "./decoder-weights.js";
import { readGgufModel } from "./gguf-model.js";
import { readModelFolder } from "./hugging-face-folder.js";
import { memoryNeed, requireMemory } from "./memory-need.js";

/** How much of a model is to be ready at once, and how it is computed; null where that is for the model to say. */
export interface AskedSizes {
  readonly maxModelLen: number | null;
  readonly kvTokens: number | null;
  /** By itself a quantised model is computed with its integers, any other in fp32. */
  readonly compute?: Compute | null;
}

/** A model whose files are open: its weights are read when it is put into an engine. */
export interface OpenedModel {
  readonly model: LanguageModel;
  readonly kvTokens: number;
  close(): void;
}

/** What either kind of files gives. */
export interface ReadModel {
  readonly config: DecoderConfig;
  readonly weights: StoredWeights;
  readonly tokenizer: ModelTokenizer;
}

/** More is seldom asked for, and its memory would be taken from the KV cache. */
const DEFAULT_CONTEXT = 8_192;

/**
 * Opens a Hugging Face folder (`config.json`, safetensors, `tokenizer.json`) or a GGUF file of a decoder of Llama's
 * family.
 *
 * @param availableBytes what the machine has left of its memory
 * @throws ModelError that says which file, tensor or field is missing, wrong or not supported, or that it does not fit.
 */
export async function openModel(
  path: string,
  asked: AskedSizes,
  availableBytes: number,
): Promise<OpenedModel> {
  const files: OpenFile[] = [];
  const close = () => {
    for (const file of files.splice(0)) file.close();
  };
  try {
    const keep = (file: OpenFile): OpenFile => {
      files.push(file);
      return file;
    };
    const read: ReadModel = statSync(path).isDirectory()
      ? await readModelFolder(path, keep)
      : await readGgufModel(keep(openFile(path)));
    const { config, weights, tokenizer } = read;
    const maxTokens = asked.maxModelLen ?? Math.min(config.contextTokens, DEFAULT_CONTEXT);
    if (maxTokens > config.contextTokens) {
      throw new Error(`its context is ${config.contextTokens} tokens, fewer than the ${maxTokens} asked for`);
    }
    const kvTokens = asked.kvTokens ?? 2 * maxTokens;
    const sizes = { maxTokens, kvTokens };
    const compute = asked.compute ?? (weights.quantised ? "i16" : "f32");
    requireMemory(memoryNeed(config, weights, compute, sizes), sizes, availableBytes);
    const model: LanguageModel = {
      name: basename(resolve(path)).replace(/\.gguf$/i, ""),
      shape: config.shape,
      maxTokens,
      generatedIds: weights.ids,
      tokenizer,
      compute,
      roundedShare: compute === "f32" ? 0 : weights.floatShare,
      layers: weights.layers,
      embedding: weights.embedding,
      head: weights.head ?? null,
      get finalNorm() {
        return weights.finalNorm;
      },
    };
    return { model, kvTokens, close };
  } catch (cause) {
    close();
    throw new ModelError(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}
