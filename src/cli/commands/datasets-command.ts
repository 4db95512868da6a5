import { join } from "node:path";
import { Command, Option } from "commander";
import { SOURCE_NAMES, type SourceName } from "../../datasets/dataset-sources.js";
import { fetchDataset } from "../../datasets/fetch-dataset.js";
import { requireWritable } from "../../logs/files/writable.js";
import { interruptible } from "../ending/interruption.js";
import { someSeconds } from "../flags/flags.js";
import type { Console } from "../screen/console.js";

interface FetchFlags {
  readonly to: string;
  readonly base_url?: string;
  readonly timeout_seconds: number;
  readonly idle_timeout_seconds: number;
}

/** `firsttoken datasets fetch`: downloads a published data set, verified and resumable. */
export function datasetsCommand(console: Console): Command {
  const fetching = new Command("fetch")
    .description("download a published dataset; complete files are kept, partial ones continued")
    .argument("<name>", SOURCE_NAMES.join(", "))
    .option("--to <folder>", "where the files go", "datasets/downloads")
    .addOption(new Option("--base_url <url>", "a mirror instead of the publisher"))
    .option(
      "--timeout_seconds <n>",
      "give up on a file that is not complete after this long",
      someSeconds,
      3_600,
    )
    .option("--idle_timeout_seconds <n>", "retry after this long without a byte", someSeconds, 60)
    .addHelpText("after", "\nExample:\n  firsttoken datasets fetch 2wikimqa --to data")
    .action(async (name: string) => {
      const { to, base_url, timeout_seconds, idle_timeout_seconds } = fetching.opts<FetchFlags>();
      requireWritable(join(to, name), { overwrite: true });
      process.exitCode = await interruptible(async (signal) => {
        const { files } = await fetchDataset(name as SourceName, {
          to,
          signal,
          timeoutSeconds: timeout_seconds,
          idleTimeoutSeconds: idle_timeout_seconds,
          ...(base_url !== undefined && { baseUrl: base_url }),
        });
        for (const { path, bytes, sha256, verified, how } of files) {
          console.out.write(`${path}  ${bytes} bytes  sha256 ${sha256}  ${how}, verified by ${verified}\n`);
        }
        return 0;
      });
    });
  return new Command("datasets").description("datasets for measuring quality").addCommand(fetching);
}
