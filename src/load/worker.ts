import { parentPort } from "node:worker_threads";
import type { ReadyShard } from "./clients/load-shard.js";
import { prepareShard } from "./clients/prepare-shard.js";
import type { WorkerOrder, WorkerReport } from "./thread.js";

/** A thread of its own: prepares and runs one shard of a load after another, as ordered. */
const port = parentPort!;
const never = new AbortController().signal;
let ready: ReadyShard | null = null;

port.on("message", (order: WorkerOrder) => {
  obey(order).then(
    (report) => port.postMessage(report),
    (error: unknown) => port.postMessage({ did: "fail", error } satisfies WorkerReport),
  );
});

async function obey(order: WorkerOrder): Promise<WorkerReport> {
  if (order.do === "run") return { did: "run", result: await ready!.run(order.startNs) };
  ready = await prepareShard(order.shard, never);
  return { did: "prepare" };
}
