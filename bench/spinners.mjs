// A core that sleeps wakes late, by milliseconds on a virtual machine, and no client can help that. A busy loop of idle
// priority (SCHED_IDLE) on each core keeps it awake and gives way to everything else.
import { execFileSync, spawn } from "node:child_process";
import { availableParallelism } from "node:os";

/** @returns how many run, in words, and what ends them; they also end with this process, however that ends. */
export function startSpinners(wanted = true) {
  const none = (why) => ({
    said: `No idle-priority spinners run (${why}): a sleeping core wakes late, which shows most with few streams.`,
    stop: () => {},
  });
  if (!wanted) return none("--no-spinners");
  try {
    execFileSync("chrt", ["-i", "0", "true"], { stdio: "ignore" });
  } catch {
    return none("chrt -i 0 is not to be had here");
  }
  const cores = availableParallelism();
  const loop = `while kill -0 ${process.pid} 2>/dev/null; do :; done`;
  const spinners = Array.from({ length: cores }, () =>
    spawn("chrt", ["-i", "0", "sh", "-c", loop], { stdio: "ignore" }),
  );
  const stop = () => {
    for (const spinner of spinners) spinner.kill("SIGKILL");
  };
  process.once("exit", stop);
  return { said: `An idle-priority spinner runs for each of ${cores} cores.`, stop };
}
