import { join } from "node:path";
import { Command } from "commander";
import * as datasets from "../../api/datasets.js";
import { SOURCE_NAMES, type SourceName } from "../../datasets/dataset-sources.js";
import { jsonText } from "../../domain/json.js";
import { plainLine } from "../../domain/plain-text.js";
import { requireWritable } from "../../logs/files/writable.js";
import { interruptible } from "../ending/interruption.js";
import { flag } from "../flags/vocabulary.js";
import type { Console } from "../screen/console.js";
import { downloadBars, MEGABYTE } from "../screen/download-bar.js";

interface FetchFlags {
  readonly out_dir: string;
  readonly mirror?: string;
  readonly timeout_seconds: number;
  readonly idle_timeout_seconds: number;
}

/** `firsttoken datasets`: the datasets that are known by name, listed and fetched. */
export function datasetsCommand(console: Console): Command {
  return new Command("datasets")
    .description("datasets for measuring quality")
    .addCommand(listCommand(console))
    .addCommand(fetchCommand(console))
    .addHelpText("after", "\nExample:\n  firsttoken datasets list");
}

function fetchCommand(console: Console): Command {
  const fetching = new Command("fetch")
    .description("download a published dataset; complete files are kept, partial ones continued")
    .argument("<name>", SOURCE_NAMES.join(", "))
    .addOption(flag("out_dir", { usual: "datasets/downloads" }))
    .addOption(flag("mirror"))
    .addOption(flag("timeout_seconds", { usual: 3_600, also: "for each file" }))
    .addOption(flag("idle_timeout_seconds", { usual: 60, also: "a download is then retried" }))
    .addHelpText("after", "\nExample:\n  firsttoken datasets fetch 2wikimqa --out_dir data")
    .action(async (name: string) => {
      const { out_dir, mirror, timeout_seconds, idle_timeout_seconds } = fetching.opts<FetchFlags>();
      requireWritable(join(out_dir, name), { overwrite: true });
      process.exitCode = await interruptible(async (signal) => {
        const { files } = await datasets.fetch(name as SourceName, {
          to: out_dir,
          signal,
          timeoutSeconds: timeout_seconds,
          idleTimeoutSeconds: idle_timeout_seconds,
          ...(mirror !== undefined && { baseUrl: mirror }),
          onProgress: downloadBars(console.err),
        });
        for (const { path, bytes, sha256, verified, how } of files) {
          console.out.write(`${path}  ${bytes} bytes  sha256 ${sha256}  ${how}, verified by ${verified}\n`);
        }
        return 0;
      });
    });
  return fetching;
}

function listCommand({ out }: Console): Command {
  const listing = new Command("list")
    .description("datasets known by name: form, size, licence, and which were fetched")
    .addOption(flag("out_dir", { usual: "datasets/downloads" }))
    .addOption(flag("json"))
    .addHelpText("after", "\nExample:\n  firsttoken datasets list")
    .action(() => {
      const { out_dir, json } = listing.opts<{ out_dir: string; json?: true }>();
      const listed = datasets.list(out_dir);
      out.write(json ? `${jsonText(listed)}\n` : listed.map(lines).join(""));
    });
  return listing;
}

const KINDS = {
  published: null,
  generated: "generated from --seed",
  collection: "files of several datasets",
} as const;

/** What is known of a dataset, its licence, and where its data is. */
function lines({ name, kind, task, schema, sampleBytes, licence, fetched }: datasets.ListedDataset): string {
  const facts = [task, KINDS[kind], schema === null ? null : `schema ${schema}`, licence];
  const here = [
    ...(sampleBytes === null ? [] : [`bundled sample, ${size(sampleBytes)}`]),
    ...fetched.map(({ path, bytes }) => `${plainLine(path)}, ${size(bytes)}`),
    ...(kind === "generated" || fetched.length > 0 ? [] : ["not fetched"]),
  ];
  return [
    name,
    `  ${facts.filter((fact) => fact !== null).join(" · ")}`,
    ...here.map((one) => `  ${one}`),
    "",
  ].join("\n");
}

const size = (bytes: number): string =>
  bytes < MEGABYTE ? `${Math.max(1, Math.round(bytes / 1_000))} kB` : `${Math.round(bytes / MEGABYTE)} MB`;
