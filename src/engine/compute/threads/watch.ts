import { type MessagePort, Worker, workerData } from "node:worker_threads";
import { CONTROL, CONTROL_WORDS, type ThreadData } from "./control.js";

/** What the watch is given: the threads to start, and where it tells how one of them ended. */
export interface WatchData {
  readonly threads: readonly ThreadData[];
  readonly ends: MessagePort;
}

const THREAD = new URL("./thread.js", import.meta.url);

/**
 * The life of a thread that computes nothing: it starts those that do, and tells when one ends. Whoever shares a step with
 * them waits for shared memory, and hears no event meanwhile; a thread that is ended hard says nothing itself.
 */
function watch({ threads, ends }: WatchData): void {
  for (const data of threads) {
    const control = new Int32Array(data.memory.buffer, data.control, CONTROL_WORDS);
    const tell = (why: string) => {
      ends.postMessage(why);
      Atomics.store(control, CONTROL.ended, 1);
      Atomics.notify(control, CONTROL.pending);
    };
    const worker = new Worker(THREAD, { workerData: data });
    worker.once("error", (error) => tell(String(error)));
    worker.once("exit", (code) => tell(`it ended with code ${code}`));
  }
}

watch(workerData as WatchData);
