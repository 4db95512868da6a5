import { Argument, Command } from "commander";
import { OptionError } from "../../domain/errors/errors.js";
import { jsonText } from "../../domain/json.js";
import { plainLine } from "../../domain/plain-text.js";
import { isHostAndPort, shellScript } from "../../launch/launch.js";
import { shapeOf } from "../../launch/model-shape.js";
import { RECIPES, type ServerName } from "../../launch/recipes.js";
import { LAST_PORT, wholeNumber } from "../flags/flags.js";
import type { Console } from "../screen/console.js";

interface LaunchFlags {
  readonly model: string;
  readonly gpus?: number;
  readonly port?: number;
  readonly context_tokens?: number;
  readonly redis?: string;
  readonly recompute_ratio: number;
  readonly provider_url: string;
  readonly json?: true;
}

/** `firsttoken launch`: prints how a server is started so that it can be measured; starts nothing. */
export function launchCommand(console: Console): Command {
  const command = new Command("launch")
    .description("print the commands that start a server ready to be measured; starts nothing itself")
    .addArgument(new Argument("<server>", "which server").choices(Object.keys(RECIPES)))
    .requiredOption("--model <id>", "a model's id, a .gguf file, or a name of Ollama's library")
    .option("--gpus <n>", "GPUs to split the model over (default: as many as it needs)", wholeNumber(1))
    .option("--port <n>", "port to listen on (default: the server's own)", wholeNumber(1, LAST_PORT))
    .option(
      "--context_tokens <n>",
      "context length: most tokens of prompt and answer together",
      wholeNumber(1),
    )
    .option("--redis <host:port>", "keep LMCache's KV in Redis too")
    .option("--recompute_ratio <r>", "CacheBlend's share of recomputed tokens", Number, 0.15)
    .option("--provider_url <url>", "base URL of the provider behind LiteLLM", "http://localhost:8000/v1")
    .option("--json", "print the steps as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  firsttoken launch vllm --model mistralai/Mistral-7B-Instruct-v0.2\n" +
        "  firsttoken launch vllm-lmcache --model 01-ai/Yi-34B-200K --gpus 2 --redis localhost:6379",
    )
    .action((server: ServerName) => {
      const launch = plan(server, command.opts<LaunchFlags>());
      const json = command.opts<LaunchFlags>().json;
      console.out.write(json ? `${jsonText(launch)}\n` : shellScript(launch));
    });
  return command;
}

function plan(server: ServerName, flags: LaunchFlags) {
  const { model, redis, recompute_ratio } = flags;
  const recipe = RECIPES[server];
  if (/\s/.test(model) || plainLine(model) !== model || model === "" || model.startsWith("-")) {
    throw new OptionError("--model", "must be a model's id or a file, without spaces", model);
  }
  if (redis !== undefined && !isHostAndPort(redis)) {
    throw new OptionError("--redis", "must be host:port, such as localhost:6379", redis);
  }
  if (redis !== undefined && !recipe.takesRedis) {
    throw new OptionError("--redis", `is for LMCache only: ${server} keeps no KV outside itself`, redis);
  }
  if (!(recompute_ratio >= 0 && recompute_ratio <= 1)) {
    throw new OptionError("--recompute_ratio", "must be a number from 0 to 1", recompute_ratio);
  }
  if (!URL.canParse(flags.provider_url)) {
    throw new OptionError(
      "--provider_url",
      "must be a URL such as http://localhost:8000/v1",
      flags.provider_url,
    );
  }
  const shape = shapeOf(model);
  return recipe.launch({
    model,
    gpus: flags.gpus ?? shape?.gpus ?? 1,
    port: flags.port ?? recipe.port,
    contextTokens: flags.context_tokens ?? shape?.contextTokens ?? null,
    redis: redis ?? null,
    recomputeRatio: recompute_ratio,
    providerUrl: flags.provider_url,
  });
}
