import { existsSync } from "node:fs";
import { readWhole } from "../../disk/open-file.js";
import { isDevice } from "../../disk/place.js";
import { whyNotWritten } from "../../disk/why-not-written.js";
import { writeWhole } from "../../disk/write-whole.js";
import { LogError } from "../../domain/errors/errors.js";
import { whyUnreadable } from "../../domain/errors/unreadable.js";
import { isObject, jsonText } from "../../domain/json.js";
import { withoutSecrets } from "../../domain/secrets/without-secrets.js";
import { packageVersion } from "./package-version.js";
import type { WrittenLines } from "./written-lines.js";

/** What a run tells about itself. */
export interface RunFacts {
  /** The server's base URL; credentials in it are taken off. */
  readonly server: string | null;
  /** What runs there and which version, as it tells itself. */
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

/** What `<log>.meta.json` says of one run that wrote `<log>`. */
export interface RunMetadata extends RunFacts {
  readonly package_version: string;
  readonly node_version: string;
}

/** What `<log>.meta.json` says: the run that began the log, and under `resumed` those that went on with it, in order. */
export interface LogMetadata extends RunMetadata {
  readonly resumed?: readonly RunMetadata[];
}

/**
 * Writes `<log>.meta.json` beside a log, adding the versions of this package and of Node; never a key. A device has no page.
 *
 * @param earlier the runs that wrote to the log before; this one is then the last under `resumed`.
 * @throws LogError when it can't be written.
 */
export function writeMetadata(logPath: string, facts: RunFacts, earlier: readonly RunMetadata[] = []): void {
  if (isDevice(logPath)) return;
  const path = metadataPath(logPath);
  const entry = entryOf(facts);
  const [first, ...others] = earlier;
  const metadata: LogMetadata = first === undefined ? entry : { ...first, resumed: [...others, entry] };
  try {
    writeWhole(path, `${jsonText(metadata, 2)}\n`);
  } catch (cause) {
    throw new LogError(`Can't write ${path}: ${whyNotWritten(cause)}.`, { path, cause });
  }
}

/** The entry of a run as it is written: without keys, and with what JSON makes of it. */
export function entryOf(facts: RunFacts): RunMetadata {
  const entry: RunMetadata = {
    server: facts.server,
    server_software: facts.server_software,
    model: facts.model,
    seed: facts.seed,
    options: facts.options,
    package_version: packageVersion(),
    node_version: process.version,
    started_at: facts.started_at,
    ...(facts.lines && { lines: facts.lines }),
  };
  return JSON.parse(JSON.stringify(withoutSecrets(entry))) as RunMetadata;
}

/**
 * Reads `<log>.meta.json`; null when there is none. A log packed by `gzip`, which renames it, keeps the page that it had.
 *
 * @throws LogError when the file is there but is not such a page.
 */
export function readMetadata(logPath: string): LogMetadata | null {
  const path = metadataPath(logPath.endsWith(".gz") ? nameOfPacked(logPath) : logPath);
  if (!existsSync(path)) return null;
  try {
    const value: unknown = JSON.parse(
      readWhole(path)
        .toString("utf8")
        .replace(/^\uFEFF/, ""),
    );
    if (isMetadata(value)) {
      const { resumed, ...first }: LogMetadata = value;
      if (resumed === undefined || resumed === null) return first;
      if (Array.isArray(resumed) && resumed.every(isMetadata)) return value;
    }
  } catch (cause) {
    throw new LogError(`Can't read ${path}: ${whyUnreadable(cause, "it is a directory")}.`, { path, cause });
  }
  throw new LogError(
    `${path} does not describe a run: it needs at least "options" and "started_at", also in each run of "resumed".`,
    { path },
  );
}

/** The runs that wrote to a log, in order; none where there is no page about them. */
export function runsOf(page: LogMetadata | null): readonly RunMetadata[] {
  if (page === null) return [];
  const { resumed = [], ...first } = page;
  return [first, ...resumed];
}

/** The name by which a packed log's page goes: its own, or the one it had before, unless another log has that by now. */
function nameOfPacked(path: string): string {
  const before = path.slice(0, -".gz".length);
  return existsSync(metadataPath(path)) || existsSync(before) ? path : before;
}

function metadataPath(logPath: string): string {
  return `${logPath}.meta.json`;
}

function isMetadata(value: unknown): value is RunMetadata {
  const page = value as Partial<RunMetadata> | null;
  return (
    typeof page === "object" && page !== null && isObject(page.options) && typeof page.started_at === "string"
  );
}
