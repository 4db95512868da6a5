import { Command } from "commander";
import * as engine from "../../api/engine.js";
import { aborted } from "../../domain/waiting.js";
import { interruptible } from "../ending/interruption.js";
import { allowedHost } from "../flags/allowed-host.js";
import { wholeNumber } from "../flags/flags.js";
import type { Console } from "../screen/console.js";

interface ServeFlags {
  readonly port: number;
  readonly model: string;
  readonly kv_tokens?: number;
  readonly max_model_len?: number;
  readonly allowed_host?: readonly string[];
}

/** `firsttoken serve`: the embedded engine as an OpenAI-compatible server, until Ctrl-C. */
export function serveCommand(console: Console): Command {
  const command = new Command("serve")
    .description("serve the embedded engine: a small real transformer with a real KV cache, on the CPU")
    .option("--port <n>", "0 takes a free one", wholeNumber(0, 65_535), 8_000)
    .option(
      "--model <name|path>",
      "tiny: trained, 250 k parameters; bench: larger, random weights, for timing; or a language model of Llama's family: " +
        "a name of `firsttoken models list`, or the path of a Hugging Face folder or of a GGUF file",
      "tiny",
    )
    .option(
      "--kv_tokens <n>",
      "tokens the KV cache may hold (default: 65536, of a language model two contexts)",
      wholeNumber(1_024, 500_000),
    )
    .option(
      "--max_model_len <n>",
      "the most tokens of a prompt and its answer (default: the model's own, of a language model at most 8192)",
      wholeNumber(64, 1_000_000),
    )
    .addOption(allowedHost())
    .addHelpText(
      "after",
      "\nExample:\n  firsttoken serve --model bench --port 8000 &\n  firsttoken ttft 8000 -C\n\n" +
        "A language model runs on one core, with its weights in fp32: 4 bytes each, whatever its file has.\n" +
        "  firsttoken serve --model ./SmolLM2-135M-Instruct.Q4_1.gguf",
    )
    .action(async () => {
      const { port, model, kv_tokens, max_model_len, allowed_host = [] } = command.opts<ServeFlags>();
      const server = await interruptible((signal) =>
        engine.serve({
          ...{ model, port },
          ...(kv_tokens !== undefined && { kvTokens: kv_tokens }),
          ...(max_model_len !== undefined && { maxModelLen: max_model_len }),
          ...{ allowedHosts: allowed_host, signal },
        }),
      );
      console.out.write(`${server.url}\n`);
      const what = server.isLanguageModel
        ? "a language model, on one core, with its weights in fp32"
        : "it shows how caches behave; it is not a model to talk to";
      console.err.write(`Serving ${server.model}: ${what}. Ctrl-C stops it.\n`);
      await interruptible(aborted);
      await server.close();
    });
  return command;
}
