import { createHash, type Hash } from "node:crypto";
import { existsSync } from "node:fs";
import { readWhole, whyUnreadable } from "../../disk/open-file.js";
import { isDevice, whyNotWritten, writeWhole } from "../../disk/written-file.js";
import { LogError } from "../../domain/errors/errors.js";
import { isObject, jsonText } from "../../domain/json.js";
import { withoutSecrets } from "../../domain/secrets/named-secrets.js";
import { copyOf } from "../duckdb/copies.js";
import { type RunEnvironment, runEnvironment } from "./run-environment.js";

/** What a run records about itself. */
export interface RunFacts {
  /** The server's base URL; credentials in it are taken off. */
  readonly server: string | null;
  /** What runs there and which version, as reported by the server. */
  readonly server_software: string | null;
  readonly model: string | null;
  readonly seed: number | string | null;
  /** The run's options; whatever is named like a key is left out. */
  readonly options: Readonly<Record<string, unknown>>;
  /** ISO 8601. */
  readonly started_at: string;
  /** What it wrote, once it has ended; a run that was killed does not say it. */
  readonly lines?: WrittenLines | null;
}

/** What `<log>.meta.json` says of one run that wrote `<log>`; older manifests say less about where it ran. */
export interface ManifestEntry
  extends RunFacts,
    Pick<RunEnvironment, "package_version" | "node_version">,
    Partial<Omit<RunEnvironment, "package_version" | "node_version">> {}

/** What `<log>.meta.json` says: the run that began the log, and under `resumed` those that went on with it, in order. */
export interface Manifest extends ManifestEntry {
  readonly resumed?: readonly ManifestEntry[];
}

/**
 * Writes `<log>.meta.json` beside a log, adding where it ran and how it was started; never a key. A device has no manifest.
 *
 * @param earlier the runs that wrote to the log before; this one is then the last under `resumed`.
 * @throws LogError when it can't be written.
 */
export function writeManifest(
  logPath: string,
  facts: RunFacts,
  earlier: readonly ManifestEntry[] = [],
): void {
  if (isDevice(logPath)) return;
  const path = manifestPath(logPath);
  const entry = entryOf(facts);
  const [first, ...others] = earlier;
  const metadata: Manifest = first === undefined ? entry : { ...first, resumed: [...others, entry] };
  try {
    writeWhole(path, `${jsonText(metadata, 2)}\n`);
  } catch (cause) {
    throw new LogError(`Can't write ${path}: ${whyNotWritten(cause)}.`, { path, cause });
  }
}

/** The entry of a run as it is written: without keys, and with what JSON makes of it. */
export function entryOf(facts: RunFacts): ManifestEntry {
  const entry: ManifestEntry = {
    server: facts.server,
    server_software: facts.server_software,
    model: facts.model,
    seed: facts.seed,
    options: facts.options,
    ...runEnvironment(),
    started_at: facts.started_at,
    ...(facts.lines && { lines: facts.lines }),
  };
  return JSON.parse(JSON.stringify(withoutSecrets(entry))) as ManifestEntry;
}

/**
 * Reads `<log>.meta.json`; null when there is none. A log packed by `gzip`, which renames it, keeps the manifest that it had.
 *
 * @throws LogError when the file is there but is not such a manifest.
 */
export function readManifest(logPath: string): Manifest | null {
  const path = manifestPath(logPath.endsWith(".gz") ? nameOfPacked(logPath) : logPath);
  if (!existsSync(copyOf(path))) return null;
  try {
    const value: unknown = JSON.parse(
      readWhole(copyOf(path))
        .toString("utf8")
        .replace(/^\uFEFF/, ""),
    );
    if (isManifest(value)) {
      const { resumed, ...first }: Manifest = value;
      if (resumed === undefined || resumed === null) return first;
      if (Array.isArray(resumed) && resumed.every(isManifest)) return value;
    }
  } catch (cause) {
    const why =
      cause instanceof SyntaxError
        ? `it is not JSON (${cause.message})`
        : whyUnreadable(cause, "it is a directory");
    throw new LogError(`Can't read ${path}, which describes the run of a log: ${why}. ${OR_WITHOUT}`, {
      path,
      cause,
    });
  }
  throw new LogError(
    `${path} does not describe a run: it needs at least "options" and "started_at", also in each run of "resumed". ${OR_WITHOUT}`,
    { path },
  );
}

const OR_WITHOUT = "Restore it, or move it away to use the log without it.";

/** The runs that wrote to a log, in order; none where there is no manifest of them. */
export function runsOf(manifest: Manifest | null): readonly ManifestEntry[] {
  if (manifest === null) return [];
  const { resumed = [], ...first } = manifest;
  return [first, ...resumed];
}

/** The name by which a packed log's manifest goes: its own, or the one it had before, unless another log has that by now. */
function nameOfPacked(path: string): string {
  const before = path.slice(0, -".gz".length);
  return existsSync(copyOf(manifestPath(path))) || existsSync(copyOf(before)) ? path : before;
}

/**
 * Writes a log's manifest beside another file that holds some of its records; what it says of the log's own bytes is left out.
 *
 * @returns whether there was a manifest.
 */
export function copyManifest(logPath: string, partPath: string): boolean {
  const [first, ...resumed] = runsOf(readManifest(logPath)).map(({ lines: _, ...run }) => run);
  if (first === undefined) return false;
  const manifest: Manifest = resumed.length === 0 ? first : { ...first, resumed };
  writeWhole(manifestPath(partPath), `${jsonText(manifest, 2)}\n`);
  return true;
}

/** Where a log's manifest is. */
export function manifestPath(logPath: string): string {
  return `${logPath}.meta.json`;
}

function isManifest(value: unknown): value is ManifestEntry {
  const manifest = value as Partial<ManifestEntry> | null;
  return (
    typeof manifest === "object" &&
    manifest !== null &&
    isObject(manifest.options) &&
    typeof manifest.started_at === "string"
  );
}

/** The lines that one run wrote into a log, as its manifest has them once the run has ended. */
export interface WrittenLines {
  /** Where they begin. */
  readonly from_byte: number;
  /** Where they end: the position after their last newline. */
  readonly to_byte: number;
  /** Of these bytes, in hexadecimal digits. */
  readonly sha256: string;
}

/** Adds up the lines that a run writes from a place in its log on. */
export class LineSum {
  readonly #from: number;
  readonly #hash: Hash;
  #to: number;

  constructor(from: number, to = from, hash = createHash("sha256")) {
    this.#from = from;
    this.#to = to;
    this.#hash = hash;
  }

  /** A sum that goes on from this one, which stays as it is. */
  copy(): LineSum {
    return new LineSum(this.#from, this.#to, this.#hash.copy());
  }

  /** Hands lines on and adds them. */
  *adding(lines: Iterable<Buffer>): Generator<Buffer> {
    for (const some of lines) {
      this.#hash.update(some);
      this.#to += some.length;
      yield some;
    }
  }

  get isEmpty(): boolean {
    return this.#to === this.#from;
  }

  /** Null where nothing was added. */
  get total(): WrittenLines | null {
    if (this.isEmpty) return null;
    return { from_byte: this.#from, to_byte: this.#to, sha256: this.#hash.copy().digest("hex") };
  }
}
