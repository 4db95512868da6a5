import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { LoadShard, ReadyShard, ShardResult } from "./clients/load-shard.js";
import { prepareShard } from "./clients/prepare-shard.js";

/** Messages to a worker. */
export type WorkerOrder =
  | { readonly do: "prepare"; readonly shard: LoadShard }
  | { readonly do: "run"; readonly startNs: number };

/** Messages from a worker. */
export type WorkerReport =
  | { readonly did: "prepare" }
  | { readonly did: "run"; readonly result: ShardResult }
  | { readonly did: "fail"; readonly error: unknown };

/** Workers between two loads, kept because their code is compiled. They do not keep the process alive. */
const idle = new Set<Worker>();

/**
 * Prepares shards of a load, each on a worker thread of its own; or on this one, for `threads` 0. Rejects with the
 * signal's reason.
 */
export async function prepareThreads(
  shards: readonly LoadShard[],
  threads: number,
  signal: AbortSignal,
): Promise<ReadyShard[]> {
  if (threads === 0) return Promise.all(shards.map((shard) => prepareShard(shard, signal)));
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  try {
    return await Promise.all(shards.map((shard) => prepareOnWorker(shard, either)));
  } catch (error) {
    failed.abort(error);
    throw error;
  }
}

async function prepareOnWorker(shard: LoadShard, signal: AbortSignal): Promise<ReadyShard> {
  const worker = takeWorker();
  // The thread's sockets end with it, whatever it is doing.
  const abort = (): void => void worker.terminate();
  signal.addEventListener("abort", abort, { once: true });
  await tell(worker, { do: "prepare", shard }, signal);
  return {
    run: async (startNs) => {
      const report = await tell(worker, { do: "run", startNs }, signal);
      signal.removeEventListener("abort", abort);
      worker.unref();
      idle.add(worker);
      if (report.did !== "run") throw new Error("A thread of the load answered out of turn.");
      return report.result;
    },
  };
}

function takeWorker(): Worker {
  const [kept] = idle;
  if (kept !== undefined) {
    idle.delete(kept);
    kept.ref();
    return kept;
  }
  const worker = new Worker(new URL("../../dist/load/worker.js", import.meta.url));
  worker.on("exit", () => idle.delete(worker));
  // A worker that fails between two loads is simply dropped.
  worker.on("error", () => {});
  return worker;
}

async function tell(worker: Worker, order: WorkerOrder, signal: AbortSignal): Promise<WorkerReport> {
  const answered = new AbortController();
  const only = { signal: answered.signal };
  try {
    worker.postMessage(order);
    const [report] = (await Promise.race([
      once(worker, "message", only),
      once(worker, "exit", only).then(() => {
        throw new Error("A thread of the load ended before its time.");
      }),
    ])) as [WorkerReport];
    if (report.did === "fail") throw report.error;
    return report;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    answered.abort();
  }
}
