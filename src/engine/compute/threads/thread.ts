import { workerData } from "node:worker_threads";
import { kernelsOn, type WasmMemory } from "../memory/kernels.js";
import type { Layout } from "../memory/layout.js";
import { awaitChange, CONTROL, CONTROL_WORDS } from "./control.js";
import { JOBS, work } from "./jobs.js";
import { Steps } from "./steps.js";

/** What a thread is given. */
export interface ThreadData {
  readonly memory: WasmMemory;
  readonly module: object;
  readonly control: number;
  readonly layout: Layout;
  readonly thread: number;
}

/** A worker's whole life: it does its part of every job. */
function live({ memory, module, control: at, layout, thread }: ThreadData): void {
  const control = new Int32Array(memory.buffer, at, CONTROL_WORDS);
  const steps = new Steps(kernelsOn(memory, module), layout, thread);
  for (let turn = 1; ; turn = (turn + 1) | 0) {
    while (awaitChange(control, CONTROL.turn, turn, 3_600_000) !== turn);
    const kind = JOBS[control[CONTROL.kind]!]!;
    const [, , layer, row, count] = control;
    try {
      work(steps, { kind, layer: layer!, row: row!, count: count! }, thread, layout.desks.length);
    } catch (error) {
      Atomics.store(control, CONTROL.failed, 1);
      throw error;
    } finally {
      if (Atomics.sub(control, CONTROL.pending, 1) === 1) Atomics.notify(control, CONTROL.pending);
    }
  }
}

live(workerData as ThreadData);
