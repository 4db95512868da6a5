// Loaded before everything else in a process of the engine and in each of its threads (--require): the first of those that
// compute ends, hard, in the middle of a step, when the file of END_WHEN_THERE is there.
const { existsSync } = require("node:fs");
const { workerData } = require("node:worker_threads");

if (workerData?.thread === 1) {
  const sub = Atomics.sub;
  Atomics.sub = (...args) => {
    if (existsSync(process.env.END_WHEN_THERE)) process.exit(7);
    return sub(...args);
  };
}
