import { Command, Option } from "commander";
import * as engine from "../../api/engine.js";
import { aborted } from "../../domain/waiting.js";
import { interruptible } from "../ending/interruption.js";
import { allowedHost } from "../flags/allowed-host.js";
import { roundingNote } from "../flags/embedded-engine.js";
import { addPortArgument, LAST_PORT, wholeNumber } from "../flags/flags.js";
import { flag } from "../flags/vocabulary.js";
import type { Console } from "../screen/console.js";

interface ServeFlags {
  readonly port: number;
  readonly model: string;
  readonly kv_tokens?: number;
  readonly max_model_len?: number;
  readonly compute?: "f32" | "i16" | "i8";
  readonly threads?: number;
  readonly allowed_host?: readonly string[];
}

/** `firsttoken serve`: the embedded engine as an OpenAI-compatible server, until Ctrl-C. */
export function serveCommand(console: Console): Command {
  const command = new Command("serve").description(
    "serve the embedded engine: a small real transformer with a real KV cache, on the CPU",
  );
  return addPortArgument(command, { flag: "port", shown: "PORT", valueAt: (port) => port, least: 0 })
    .option("--port <n>", "port to listen on; 0 takes a free one", wholeNumber(0, LAST_PORT), 8_000)
    .option(
      "--model <name|path>",
      "tiny: trained, 250 k parameters; bench: larger, random weights, for timing; or a language model of Llama's family: " +
        "a name of `firsttoken models list`, or the path of a Hugging Face folder or of a GGUF file",
      "tiny",
    )
    .option(
      "--kv_tokens <n>",
      "tokens the KV cache may hold (default: 65536; two contexts for a language model)",
      wholeNumber(1_024, 500_000),
    )
    .addOption(
      flag("max_model_len", {
        usually: "the model's own; at most 8192 for a language model",
      }).argParser(wholeNumber(64, 1_000_000)),
    )
    .addOption(
      new Option(
        "--compute <kind>",
        "how matrices are multiplied: f32; i16 or i8: weights of 8 bits, activations of 16 or 8 " +
          "(default: i16 for a quantised GGUF file, else f32)",
      ).choices(["f32", "i16", "i8"]),
    )
    .option(
      "--threads <n>",
      "compute threads (default: 1; for a language model one per core)",
      wholeNumber(1, 256),
    )
    .addOption(allowedHost())
    .addHelpText(
      "after",
      "\nA language model from a quantised GGUF file keeps its weights exactly, in 8" +
        "\nbits; any other takes 4 bytes per weight." +
        "\n\nExamples:\n  firsttoken serve 8000 --model bench &\n  firsttoken ttft 8000 -C" +
        "\n  firsttoken serve --model ./SmolLM2-135M-Instruct.Q4_1.gguf --threads 2",
    )
    .action(async () => {
      const {
        port,
        model,
        kv_tokens,
        max_model_len,
        compute,
        threads,
        allowed_host = [],
      } = command.opts<ServeFlags>();
      const server = await interruptible((signal) =>
        engine.serve({
          ...{ model, port },
          ...(kv_tokens !== undefined && { kvTokens: kv_tokens }),
          ...(max_model_len !== undefined && { maxModelLen: max_model_len }),
          ...(compute !== undefined && { compute }),
          ...(threads !== undefined && { threads }),
          ...{ allowedHosts: allowed_host, signal },
        }),
      );
      const what = server.isLanguageModel
        ? "a language model, on the CPU"
        : "it shows how caches behave; it is not a model to talk to";
      await interruptible((signal) => {
        console.out.write(`${server.url}\n`); // whoever reads it may send Ctrl-C at once
        console.err.write(`${roundingNote(server)}Serving ${server.model}: ${what}. Ctrl-C stops it.\n`);
        return aborted(signal);
      });
      await server.close();
    });
}
