import { Argument, Command } from "commander";
import { OptionError } from "../../domain/errors/errors.js";
import { jsonText } from "../../domain/json.js";
import { plainLine } from "../../domain/plain-text.js";
import { isHostAndPort, shellScript } from "../../launch/launch.js";
import { shapeOf } from "../../launch/model-shape.js";
import { RECIPES, type ServerName } from "../../launch/recipes.js";
import { LAST_PORT, wholeNumber } from "../flags/flags.js";
import { flag } from "../flags/vocabulary.js";
import { kubernetesCommand } from "../jobs/kubernetes-command.js";
import type { Commands } from "../jobs/part-command.js";
import { slurmCommand } from "../jobs/slurm-command.js";
import type { Console } from "../screen/console.js";

interface LaunchFlags {
  readonly model?: string;
  readonly gpus?: number;
  readonly port?: number;
  readonly max_model_len?: number;
  readonly redis?: string;
  readonly recompute_ratio: number;
  readonly provider_url: string;
  readonly json?: true;
}

/** `firsttoken launch`: prints how a server is started so that it can be measured, or a run in parts; starts nothing. */
export function launchCommand(console: Console, commands: Commands): Command {
  const command: Command = new Command("launch");
  command
    .description(
      "print the commands that start a server ready to be measured, or the jobs of a run in parts; nothing is started",
    )
    .addArgument(new Argument("<server>", "which server").choices(Object.keys(RECIPES)))
    .option("--model <id>", "a model's id, a .gguf file, or a name of Ollama's library; a server needs it")
    .option("--gpus <n>", "GPUs to split the model over (default: as many as it needs)", wholeNumber(1))
    .option("--port <n>", "port to listen on (default: the server's own)", wholeNumber(1, LAST_PORT))
    .addOption(flag("max_model_len").argParser(wholeNumber(1)))
    .option("--redis <host:port>", "keep LMCache's KV in Redis too")
    .option("--recompute_ratio <r>", "share of tokens that CacheBlend recomputes", Number, 0.15)
    .addOption(flag("provider_url", { usual: "http://localhost:8000/v1", also: "for litellm" }))
    .addOption(flag("json", { also: "the steps, one by one" }))
    .addHelpText(
      "after",
      "\nExamples:\n  firsttoken launch vllm --model mistralai/Mistral-7B-Instruct-v0.2\n" +
        "  firsttoken launch vllm-lmcache --model 01-ai/Yi-34B-200K \\\n" +
        "    --gpus 2 --redis localhost:6379\n" +
        "  firsttoken launch slurm --shards 8 -- \\\n" +
        "    firsttoken quality --api_base http://gpu7:8000/v1",
    )
    .action((server: ServerName) => {
      const { model, ...flags } = command.opts<LaunchFlags>();
      // The commands below this one have no model.
      if (model === undefined) return command.error("error: required option '--model <id>' not specified");
      const launch = plan(server, model, flags);
      console.out.write(flags.json ? `${jsonText(launch)}\n` : shellScript(launch));
    })
    .addCommand(slurmCommand(console, commands))
    .addCommand(kubernetesCommand(console, commands));
  return command;
}

function plan(server: ServerName, model: string, flags: LaunchFlags) {
  const { redis, recompute_ratio } = flags;
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
  const shape = shapeOf(model);
  return recipe.launch({
    model,
    gpus: flags.gpus ?? shape?.gpus ?? 1,
    port: flags.port ?? recipe.port,
    contextTokens: flags.max_model_len ?? shape?.contextTokens ?? null,
    redis: redis ?? null,
    recomputeRatio: recompute_ratio,
    providerUrl: flags.provider_url,
  });
}
