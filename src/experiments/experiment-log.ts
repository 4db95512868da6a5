import { z } from "zod";
import { type Server, softwareOf } from "../client/server.js";
import { OptionError } from "../domain/errors/errors.js";
import { isObject, type JsonObject } from "../domain/json.js";
import type { IfExists } from "../logs/files/log-file.js";
import {
  entryOf,
  type ManifestEntry,
  type RunFacts,
  readManifest,
  runsOf,
  writeManifest,
} from "../logs/files/manifest.js";
import { openRunLog, type RunLog } from "../logs/files/run-log.js";
import { requireLogWritable } from "../logs/files/writable.js";
import { differences, type MayDiffer, refuseDifferent, rowDifferences, whatever } from "../logs/same-run.js";
import { planFacts, type RunPlan, requireCountersApart } from "./run-plan.js";

/** Where an experiment writes, and what it does if the log exists: by default it refuses. */
export type LogOptions = {
  /** Path of the JSONL file; `<log>.meta.json` beside it records how it was made. */
  readonly log: string;
} & (
  | { readonly resume?: false; readonly overwrite?: false }
  | {
      /** Whether to continue an existing log; default false: an existing log is refused. */
      readonly resume: true;
      readonly overwrite?: false;
    }
  | {
      /** Whether to replace an existing log; default false: an existing log is refused. */
      readonly overwrite: true;
      readonly resume?: false;
    }
);

/** {@link LogOptions}, checked. */
export interface CheckedLogOptions {
  readonly log: string;
  readonly resume: boolean;
  readonly overwrite: boolean;
}

/** The schema of {@link LogOptions}. */
export const logFields = {
  log: z.string("must be the path of a JSONL file").min(1, "must not be empty"),
  resume: z.boolean("must be true or false").default(false),
  overwrite: z.boolean("must be true or false").default(false),
};

/** What the checked options say about an existing log. */
export function ifExists(options: Omit<CheckedLogOptions, "log">): IfExists {
  if (options.resume && options.overwrite) {
    throw new OptionError("overwrite", "can't be combined with resume", true);
  }
  return options.resume ? { resume: true } : options.overwrite ? { overwrite: true } : {};
}

/**
 * Refuses a log that can't be started or resumed, before anything is sent to a server.
 *
 * @throws LogError, OptionError
 */
export function requireLog(options: CheckedLogOptions): void {
  requireLogWritable(options.log, ifExists(options));
}

/** What a run records about itself and its servers; the first server is the one named. */
export interface LoggedRun<R extends object> {
  readonly servers: readonly Server[];
  readonly seed: number | string | null;
  readonly options: Readonly<Record<string, unknown>>;
  /** What it measures; null where that is known only at the end. */
  readonly plan: RunPlan | null;
  /** What may differ when a log is resumed. */
  readonly mayDiffer?: MayDiffer;
  /** The columns of this run's rows that were not measured; a log without a manifest is recognised by them. */
  readonly expected?: (row: R) => Readonly<Record<string, unknown>>;
  readonly parse: (value: unknown) => R;
}

/** A log whose run can add to its manifest once it is over. */
export interface ExperimentLog<R> extends RunLog<R> {
  /** Adds to the options of this run's entry of the manifest. */
  addToManifest(more: Readonly<Record<string, unknown>>): void;
}

/**
 * Opens the log of an experiment and writes the run's manifest beside it, after asking the servers which they are.
 *
 * @throws LogError if it can't be written, or is to be resumed and belongs to another run.
 */
export async function openExperimentLog<R extends object>(
  options: CheckedLogOptions,
  { servers, seed, options: asked, plan, mayDiffer, expected = () => ({}), parse }: LoggedRun<R>,
): Promise<ExperimentLog<R>> {
  requireLog(options);
  requireCountersApart(servers, plan?.shard);
  const started_at = new Date().toISOString();
  const [server] = servers;
  const software = new Map(
    await Promise.all(servers.map(async (one) => [one.url, await softwareOf(one)] as const)),
  );
  const names = [...new Set([...software.values()].filter((name) => name !== null))];
  // Written even if there are none, so that a run with other fields is recognised as different.
  const body = bodyOf(servers);
  const settings = inOneForm(servers.map((one) => ({ ...one.settings })));
  const planned = plan && planFacts(plan, { ...asked, body, settings, seed, model: server!.model });
  const told = { ...asked, ...planned, body, settings };
  const facts = {
    server: server!.url,
    server_software: names.length === 0 ? null : names.join("; "),
    model: server!.model,
    seed,
    options: told,
    started_at,
  };
  const kinds = new Map(
    await Promise.all(servers.map(async (one) => [one.url, (await one.recognise()).profile.name] as const)),
  );
  // The embedded engine listens on a new port whenever it is started.
  const isEngineAgain = (was: unknown, is: unknown): boolean =>
    kinds.get(String(is)) === "embedded-engine" && isOnThisMachine(was) && isOnThisMachine(is);
  const places = Object.keys(isObject(asked.methods) ? asked.methods : {}).map(
    (label) => `methods.${label}.server`,
  );
  const servedAgain = Object.fromEntries(["server", ...places].map((place) => [place, isEngineAgain]));
  // More of the same is another plan; of shards, all have the plan of the first.
  const planMayGrow = plan?.shard === undefined && { plan_id: whatever, planned_cells: whatever };
  // A run that continues may wait longer than it did, unless it is a part: all parts have one plan.
  const may = { ...servedAgain, ...planMayGrow, settings: whatever, ...mayDiffer };
  const { log, writeManifest } = openLogWithManifest(options, { facts, mayDiffer: may, expected, parse });
  return {
    ...log,
    addToManifest: (more) => writeManifest({ ...facts, options: { ...facts.options, ...more } }),
  };
}

/** The fields in every request; by server if they differ. A field that is left out is null. */
function bodyOf(servers: readonly Server[]): unknown {
  return inOneForm(
    servers.map(({ body }) =>
      Object.fromEntries(Object.entries(body).map(([name, value]) => [name, value ?? null])),
    ),
  );
}

/** What all servers have, once; else what each has. */
const inOneForm = (all: readonly JsonObject[]): unknown =>
  new Set(all.map((one) => JSON.stringify(one))).size === 1 ? all[0] : all;

/** Whether an address is on this machine, where any free port may be used. */
export function isOnThisMachine(url: unknown): boolean {
  return /^https?:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/|$)/.test(String(url));
}

/** A log and the manifest beside it. */
export interface LogWithManifest<R> {
  readonly log: RunLog<R>;
  /** Writes this run's entry in the manifest; called again when more is known. */
  writeManifest(facts: RunFacts): void;
}

/**
 * Opens a log with the manifest of its run. The run's entry is written with its first record, and again when it has ended,
 * with a checksum of what it wrote; the entries of earlier runs stay as they are.
 *
 * @throws LogError as {@link openExperimentLog}.
 */
export function openLogWithManifest<R extends object>(
  options: CheckedLogOptions,
  {
    facts,
    mayDiffer = {},
    expected = () => ({}),
    parse,
  }: Pick<LoggedRun<R>, "mayDiffer" | "expected" | "parse"> & { readonly facts: RunFacts },
): LogWithManifest<R> {
  const { log: path } = options;
  let runs: readonly ManifestEntry[] = [];
  let told = facts;
  const log = openRunLog(path, ifExists(options), parse, (place) => writeManifest(place, told, runs));
  try {
    // A manifest beside an empty log belongs to a run that left nothing.
    if (log.earlier.length > 0) runs = runsOf(readManifest(path));
    const entry = entryOf(facts);
    for (const run of runs) refuseDifferent(path, differences(run, entry, mayDiffer));
    for (const row of log.earlier) refuseDifferent(path, rowDifferences(row, expected(row)));
  } catch (cause) {
    log.close();
    throw cause;
  }
  const enter = (): void => {
    if (log.written() !== null) writeManifest(path, told, runs);
  };
  let isClosed = false;
  return {
    writeManifest(latest) {
      told = latest;
      enter();
    },
    log: {
      ...log,
      close() {
        if (isClosed) return;
        isClosed = true;
        log.close();
        told = { ...told, lines: log.written() };
        try {
          enter();
        } catch {
          // The records are complete, but can't be distinguished from damaged ones, as after a run that was killed.
        }
      },
    },
  };
}
