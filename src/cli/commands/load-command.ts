import { Command } from "commander";
import { OptionError } from "../../domain/errors/errors.js";
import type { MethodName } from "../../domain/records/methods.js";
import { findLoadLimits } from "../../experiments/load/limit/limit-run.js";
import { measureLoad } from "../../experiments/load/load-run.js";
import { requireLogWritable } from "../../logs/files/writable.js";
import { loadSubjects } from "../../report/gates/load-subjects.js";
import { requireJudgeable } from "../../report/gates/planned-gates.js";
import { loadChart } from "../../report/load/load-chart.js";
import { loadTable } from "../../report/load/load-table.js";
import { reusesDocuments, reuseTable } from "../../report/load/reuse-table.js";
import { interruptible, writesLog } from "../ending/interruption.js";
import { addLoadFlags, type LoadFlags, loadOf, partsOfLoad, searchOf } from "../flags/load-flags.js";
import { ifLogExists } from "../flags/log-flags.js";
import { shownPath, storedOnS3 } from "../flags/log-on-s3.js";
import { addMethodFlags, connectMethods, type MethodFlags, methodsOf } from "../flags/method-flags.js";
import {
  addShardFlag,
  chosenShard,
  failuresCount,
  placeOfLog,
  type ShardFlag,
  saysNothingToDo,
  serversOfShard,
} from "../flags/shard-flag.js";
import {
  addOutputFlags,
  addTimeFlags,
  chosenTimes,
  formatOf,
  type GateFlags,
  gateFlag,
  type OutputFlags,
  type TimeFlags,
} from "../flags/table-flags.js";
import { flag } from "../flags/vocabulary.js";
import { addWorkloadFlags, hasDocuments, type WorkloadFlags, workloadOf } from "../flags/workload-flags.js";
import type { Console } from "../screen/console.js";
import { drawChart, requireWholeRun } from "../screen/drawn-chart.js";
import { gateFailed, rowsJson, sayGates } from "../screen/gates-screen.js";
import { limitLines, runLine } from "../screen/limit-screen.js";
import { gatePlanOfLoad } from "../screen/load-gates.js";
import { progressBar } from "../screen/progress-bar.js";
import { printTable } from "../screen/table-screen.js";

type Flags = Omit<MethodFlags, "methods"> &
  WorkloadFlags &
  LoadFlags &
  TimeFlags &
  GateFlags &
  ShardFlag &
  OutputFlags & {
    readonly methods?: readonly MethodName[];
    readonly out: string;
  };

/** The engine's model that has a realistic shape, for want of a server. */
const ENGINE_MODEL = "bench";

/** `firsttoken load [PORT]`: TTFT and goodput against request rate, by method. */
export function loadCommand(console: Console): Command {
  const command = new Command("load").description(
    "TTFT and goodput against request rate, by method: the load a server sustains with and without the cache",
  );
  const usual = "full,prefix; and reuse,blend where the server keeps chunks and the workload has documents";
  const measured = addTimeFlags(addLoadFlags(addShardFlag(addWorkloadFlags(addMethodFlags(command, usual)))));
  return addOutputFlags(measured, {
    usually: "beside the log",
    also: "TTFT against request rate or concurrency",
  })
    .addOption(flag("out", { usual: "results/load/load.jsonl" }))
    .addOption(gateFlag("load"))
    .addHelpText(
      "after",
      "\nWithout a port, --api_base or --model the embedded engine is started, with" +
        "\nsmaller defaults, so that a run takes about three minutes. At each level the" +
        "\nmethods alternate, in an order drawn from --seed. Requests sent before and" +
        "\nafter the measured ones are logged but not counted. A failed request is" +
        "\ncounted and never sent again, and ends the command with 1, except in a search," +
        "\nwhich looks for the rates at which requests fail." +
        "\n\nA --ramp shows at which rate TTFT begins to grow. Its table has a row for each" +
        "\npart of the ramp and no overall average. The load a server can sustain is" +
        "\nmeasured by --rates or --find_limit, because the rate of a ramp is never" +
        "\nconstant. Each repetition of a ramp is one block per method: intervals of" +
        "\nspeed-ups need --repeats 6." +
        "\n\nWith --shard, each part sends its share of every block's requests at their" +
        "\ntimes in the whole load, and only writes the log: read the folder of all parts" +
        "\nwith `firsttoken report`. A part that is not ready in time skips the block." +
        "\n\nExamples:" +
        "\n  firsttoken load --workload rag --rates 0.5,1,2,4   # on the embedded engine" +
        "\n  firsttoken load 8000 --rates 1,2,4,8 --slo ttft=0.5,itl=0.05   # on vLLM" +
        "\n  firsttoken load 8000 --ramp 0.5:8:120   # from 0.5 to 8 requests a second" +
        "\n  firsttoken load 8000 --workload shared_prefix --hit_ratio 0.8 \\" +
        "\n    --concurrency 1,4,16 --fail-if 'ttft_p95>0.5'" +
        "\n  firsttoken load --api_base http://gpu:8000/v1 --rates 200 --requests 10000 \\" +
        "\n    --shard 0/4 --start_at 2026-03-01T12:00:00Z --out run",
    )
    .action(async () => {
      const flags = command.opts<Flags>();
      const shard = chosenShard(flags, process.env, () => {});
      process.exitCode = await storedOnS3(flags.out, shard, console, (out) =>
        interruptible((signal) => runLoadCommand(console, { ...flags, out }, signal)),
      );
    });
}

function withServer(flags: Flags): Flags {
  return flags.api_base === undefined && flags.model === undefined
    ? { ...flags, model: ENGINE_MODEL }
    : flags;
}

/** A gate on goodput can be judged only by objectives, and a load takes long. */
function requireObjectives({ failIf = [], slo }: Flags): void {
  const counting = failIf.find(({ metric }) => metric.kind === "number" && metric.name.startsWith("goodput"));
  if (counting !== undefined && slo === undefined)
    throw new OptionError("--fail-if", "of goodput needs --slo, the objectives", counting.text);
}

async function runLoadCommand({ out, err }: Console, asked: Flags, signal: AbortSignal): Promise<number> {
  const format = formatOf(asked);
  // All flags are checked before a server is asked or started.
  const say = (note: string) => void err.write(`${note}\n`);
  const shard = chosenShard(asked, process.env, say);
  requireWholeRun(asked, shard !== undefined);
  const parts = partsOfLoad(asked, shard);
  const flags = withServer(serversOfShard(asked, shard));
  if (flags.isShared === true && flags.api_base === undefined)
    throw new OptionError("--api_base", "must be given with --shard: all parts ask one server", undefined);
  requireObjectives(flags);
  requireJudgeable(flags.failIf, planOf(flags, flags.api_base === undefined));
  loadOf(flags, false);
  searchOf(flags, false);
  await workloadOf(flags, false);
  if (flags.think_seconds !== undefined && flags.concurrency !== undefined)
    throw new OptionError(
      "--think_seconds",
      "is for --rates: with --concurrency a turn starts as soon as it can",
      flags.think_seconds,
    );
  const { log, ifExists } = placeOfLog(flags.out, flags, shard);
  requireLogWritable(log, ifExists);
  writesLog(log);
  const servers = await connectMethods({ ...flags, methods: [] }, { err }, signal);
  try {
    const { profile } = await servers.server.recognise();
    const isEngine = profile.name === "embedded-engine";
    const keepsChunks = isEngine || flags.lmcache === true || flags.blend_api_base !== undefined;
    const methods = flags.methods ?? usualMethods(keepsChunks && hasDocuments(flags.workload));
    let leftOut = 0;
    const options = {
      methods: methodsOf(servers, { ...flags, methods }),
      workload: await workloadOf(flags, isEngine),
      timeoutSeconds: flags.timeout_seconds,
      seed: flags.seed,
      log: flags.out,
      ...ifLogExists(flags),
      onNote: say,
      signal,
    };
    const search = searchOf(flags, isEngine);
    requireJudgeable(flags.failIf, planOf({ ...flags, methods }, isEngine));
    const { rows, limits } =
      search === null
        ? {
            rows: await measureLoad({
              ...options,
              ...parts,
              ...loadOf(flags, isEngine),
              onLeftOut: (note) => {
                leftOut += 1;
                say(note);
              },
              onProgress: progressBar(err, "Blocks:"),
            }),
            limits: null,
          }
        : await findLoadLimits({
            ...options,
            ...search,
            onRun: (run) => void err.write(`${runLine(run)}\n`),
          });
    if (shard !== undefined) {
      // A part's percentiles are no percentiles of the load.
      if (!saysNothingToDo(rows, shard, say)) say(`Log: ${shownPath(log)}`);
      return failuresCount(rows, shard, say) || leftOut > 0 ? 1 : 0;
    }
    const shown = flags.slo === undefined ? {} : { slo: flags.slo };
    // The table's option lists all times; the flag lists those besides TTFT.
    const times = flags.times === undefined ? {} : { times: ["ttft" as const, ...flags.times] };
    const table = loadTable(rows, { ...shown, ...chosenTimes(flags), ...times });
    if (limits !== null) (format === "text" ? out : err).write(`${limitLines(limits).join("\n")}\n\n`);
    printTable({ out, err }, table, format);
    // The other forms are read by programs, which expect one table; a search has no level to show.
    if (format === "text" && limits === null && reusesDocuments(rows)) {
      out.write("\nHow long reuse lasts:\n\n");
      printTable({ out, err }, reuseTable(rows), format);
    }
    const gates = sayGates({ err }, flags.failIf, () => loadSubjects(rows, shown));
    if (format === "json") out.write(rowsJson(table.rows, gates));
    err.write(`Log: ${shownPath(flags.out)}\n`);
    const chart = flags.chart ?? `${flags.out.replace(/\.jsonl$/, "")}.svg`;
    await drawChart({ err }, { ...flags, chart }, () => loadChart(rows));
    // A search looks for the rates at which requests fail.
    return gateFailed(gates) || (limits === null && failuresCount(rows, shard, say)) ? 1 : 0;
  } finally {
    servers.close();
  }
}

/** What is known of a load before it begins. */
const planOf = (flags: Flags, isEngine: boolean) =>
  gatePlanOfLoad({ ...(searchOf(flags, isEngine) ?? loadOf(flags, isEngine)), methods: flags.methods });

const usualMethods = (reusesChunks: boolean): readonly MethodName[] =>
  reusesChunks
    ? ["full_prefill", "prefix_cache", "full_kv_reuse", "cacheblend"]
    : ["full_prefill", "prefix_cache"];
