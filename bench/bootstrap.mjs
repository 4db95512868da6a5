// The 95 % interval of the ratio of two medians, 10,000 resamples of two groups of 200, its percentiles moved outward as
// two groups of 200 need: this package's direct draws,
// plain resampling in JavaScript, and numpy (where python3 has it), in interleaved rounds. The aim is a tenth of numpy.
// Run `npm run build` first.
//
//   node bench/bootstrap.mjs [rounds]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expandedConfidence } from "../dist/stats/interval.js";
import { quantile } from "../dist/stats/quantile.js";
import { random } from "../dist/stats/random.js";
import { ratioOfMedians } from "../dist/stats/ratio-of-medians.js";

const rounds = Number(process.argv[2] ?? 15);
const VALUES = 200;
const RESAMPLES = 10_000;
const TAIL = (1 - expandedConfidence(0.95, VALUES)) / 2;
const source = random("bench");
const group = (factor) => Array.from({ length: VALUES }, () => factor * Math.exp(0.3 * source.normal()));
const [above, below] = [group(2), group(1)];

const NUMPY = `
import json, sys, time
import numpy as np
a, b = (np.array(x) for x in json.loads(sys.stdin.readline()))
r = np.random.default_rng(1)
print(json.dumps({"version": np.__version__}), flush=True)
for _ in sys.stdin:
    cpu, start = time.process_time(), time.perf_counter()
    m = lambda x: np.median(x[r.integers(0, len(x), (${RESAMPLES}, len(x)))], axis=1)
    low, high = np.quantile(m(a) / m(b), [${TAIL}, ${1 - TAIL}])
    print(json.dumps({"wall": (time.perf_counter() - start) * 1e3, "cpu": (time.process_time() - cpu) * 1e3,
                      "interval": [low, high]}), flush=True)
`;

const numpy = await startNumpy();
const contestants = {
  "order statistics (this package)": timed(() => ratioOfMedians(above, below, { resamples: RESAMPLES })),
  "resample and sort, JavaScript": timed(resampleAndSort),
  ...(numpy && { [`numpy ${numpy.version}`]: numpy.round }),
};
const times = new Map(Object.keys(contestants).map((name) => [name, []]));
const intervals = new Map();
for (let round = -2; round < rounds; round++) {
  for (const [name, run] of Object.entries(contestants)) {
    const { wall, cpu, interval } = await run();
    if (round >= 0) times.get(name).push({ wall, cpu });
    intervals.set(name, interval);
  }
}
numpy?.stop();

const middle = (name, key) =>
  quantile(
    times.get(name).map((time) => time[key]),
    0.5,
  );
const base = Object.keys(contestants).at(-1);
console.log(
  `${RESAMPLES.toLocaleString("en")} resamples of 2 × ${VALUES} values, median of ${rounds} interleaved rounds`,
);
for (const name of Object.keys(contestants)) {
  const [low, high] = intervals.get(name);
  console.log(
    `${name.padEnd(32)}wall ${middle(name, "wall").toFixed(2).padStart(7)} ms   cpu ${middle(name, "cpu").toFixed(2).padStart(7)} ms   ` +
      `${(middle(name, "wall") / middle(base, "wall")).toFixed(3)} × of ${base}   [${low.toFixed(3)}, ${high.toFixed(3)}]`,
  );
}
if (!numpy) console.log("numpy was not compared: python3 does not have it here.");

function timed(act) {
  return () => {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const { low, high } = act();
    const wall = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    return { wall, cpu: (user + system) / 1000, interval: [low, high] };
  };
}

function resampleAndSort() {
  const medianOf = (values) => {
    const drawn = Float64Array.from(values, () => values[source.int(values.length)]).sort();
    return (drawn[(VALUES >> 1) - 1] + drawn[VALUES >> 1]) / 2;
  };
  const ratios = Array.from({ length: RESAMPLES }, () => medianOf(above) / medianOf(below));
  return { low: quantile(ratios, TAIL), high: quantile(ratios, 1 - TAIL) };
}

/** A Python process that answers each line with one timed round; null where there is no numpy. */
async function startNumpy() {
  const python = spawn("python3", ["-c", NUMPY], { stdio: ["pipe", "pipe", "ignore"] });
  python.on("error", () => {});
  python.stdin.on("error", () => {});
  const lines = createInterface({ input: python.stdout });
  const answer = async () => JSON.parse((await once(lines, "line"))[0]);
  python.stdin.write(`${JSON.stringify([above, below])}\n`);
  const started = await Promise.race([answer(), once(python, "close").then(() => null)]).catch(() => null);
  if (started === null) return null;
  return {
    version: started.version,
    round: () => {
      const answered = answer();
      python.stdin.write("\n");
      return answered;
    },
    stop: () => python.stdin.end(),
  };
}
