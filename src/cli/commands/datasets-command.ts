import { join } from "node:path";
import { Command } from "commander";
import { SOURCE_NAMES, type SourceName } from "../../datasets/dataset-sources.js";
import { fetchDataset } from "../../datasets/fetch-dataset.js";
import { requireWritable } from "../../logs/files/writable.js";
import { interruptible } from "../ending/interruption.js";
import { flag } from "../flags/vocabulary.js";
import type { Console } from "../screen/console.js";

interface FetchFlags {
  readonly out_dir: string;
  readonly mirror?: string;
  readonly timeout_seconds: number;
  readonly idle_timeout_seconds: number;
}

/** `firsttoken datasets fetch`: downloads a published data set, verified and resumable. */
export function datasetsCommand(console: Console): Command {
  const fetching = new Command("fetch")
    .description("download a published dataset; complete files are kept, partial ones continued")
    .argument("<name>", SOURCE_NAMES.join(", "))
    .addOption(flag("out_dir", { usual: "datasets/downloads" }))
    .addOption(flag("mirror"))
    .addOption(flag("timeout_seconds", { usual: 3_600, also: "here on a file" }))
    .addOption(flag("idle_timeout_seconds", { usual: 60, also: "a download is tried again" }))
    .addHelpText("after", "\nExample:\n  firsttoken datasets fetch 2wikimqa --out_dir data")
    .action(async (name: string) => {
      const { out_dir, mirror, timeout_seconds, idle_timeout_seconds } = fetching.opts<FetchFlags>();
      requireWritable(join(out_dir, name), { overwrite: true });
      process.exitCode = await interruptible(async (signal) => {
        const { files } = await fetchDataset(name as SourceName, {
          to: out_dir,
          signal,
          timeoutSeconds: timeout_seconds,
          idleTimeoutSeconds: idle_timeout_seconds,
          ...(mirror !== undefined && { baseUrl: mirror }),
        });
        for (const { path, bytes, sha256, verified, how } of files) {
          console.out.write(`${path}  ${bytes} bytes  sha256 ${sha256}  ${how}, verified by ${verified}\n`);
        }
        return 0;
      });
    });
  return new Command("datasets").description("datasets for measuring quality").addCommand(fetching);
}
