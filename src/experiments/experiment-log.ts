import { z } from "zod";
import type { Server } from "../client/server.js";
import { softwareOf } from "../client/software.js";
import { OptionError } from "../domain/errors.js";
import type { IfExists } from "../logs/run-log.js";
import { writeMetadata } from "../logs/run-metadata.js";

/** Where an experiment writes, and what it does with a log that is there already: by default it refuses. */
export type LogOptions = {
  /** The JSONL file; `<log>.meta.json` beside it says how it was made. */
  readonly log: string;
} & (
  | { readonly resume?: false; readonly overwrite?: false }
  | { readonly resume: true; readonly overwrite?: false }
  | { readonly overwrite: true; readonly resume?: false }
);

/** The schema of {@link LogOptions}. */
export const logFields = {
  log: z.string("must be the path of a JSONL file").min(1, "must not be empty"),
  resume: z.boolean("must be true or false").default(false),
  overwrite: z.boolean("must be true or false").default(false),
};

/** What the checked options say of a log that is there already. */
export function ifExists(options: { readonly resume: boolean; readonly overwrite: boolean }): IfExists {
  if (options.resume && options.overwrite) {
    throw new OptionError("overwrite", "can't be asked for together with resume", true);
  }
  return options.resume ? { resume: true } : options.overwrite ? { overwrite: true } : {};
}

/** Writes the page about a run beside its log, having asked the servers who they are; the first is the one named. */
export async function writeRunPage(
  log: string,
  servers: readonly Server[],
  seed: number | string | null,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const started_at = new Date().toISOString();
  const [server] = servers;
  const software = (await Promise.all(servers.map(softwareOf))).filter((name) => name !== null);
  writeMetadata(log, {
    server: server!.url,
    server_software: software.length === 0 ? null : [...new Set(software)].join("; "),
    model: server!.model,
    seed,
    options,
    started_at,
  });
}
