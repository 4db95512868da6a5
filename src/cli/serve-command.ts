import { Command, Option } from "commander";
import * as engine from "../api/engine.js";
import type { Console } from "./console.js";
import { ALLOWED_HOST, wholeNumber } from "./flags.js";
import { interruptible, stopped } from "./interruption.js";

interface ServeFlags {
  readonly port: number;
  readonly model: "tiny" | "bench";
  readonly kv_tokens: number;
  readonly allowed_host?: readonly string[];
}

/** `firsttoken serve`: the embedded engine as an OpenAI-compatible server, until Ctrl-C. */
export function serveCommand(console: Console): Command {
  const command = new Command("serve")
    .description("serve the embedded engine: a small real transformer with a real KV cache, on the CPU")
    .option("--port <n>", "0 takes a free one", wholeNumber(0, 65_535), 8_000)
    .addOption(
      new Option(
        "--model <name>",
        "tiny: trained, 250 k parameters; bench: larger, random weights, for timing",
      )
        .choices(["tiny", "bench"])
        .default("tiny"),
    )
    .option("--kv_tokens <n>", "tokens the KV cache may hold", wholeNumber(1_024, 500_000), 65_536)
    .option(...ALLOWED_HOST)
    .addHelpText(
      "after",
      "\nExample:\n  firsttoken serve --model bench --port 8000 &\n  firsttoken ttft 8000 -C",
    )
    .action(async () => {
      const { port, model, kv_tokens, allowed_host = [] } = command.opts<ServeFlags>();
      await interruptible(async (signal) => {
        const server = await engine.serve({
          ...{ model, port, kvTokens: kv_tokens },
          ...{ allowedHosts: allowed_host, signal },
        });
        console.out.write(`${server.url}\n`);
        console.err.write(
          `Serving ${model}: it shows how caches behave; it is not a model to talk to. Ctrl-C stops it.\n`,
        );
        await stopped(signal);
        await server.close();
      });
    });
  return command;
}
