import { workerData } from "node:worker_threads";
import { kernelsOn } from "../../wasm/kernels.js";
import { awaitChange, CONTROL, CONTROL_WORDS, type ThreadData } from "./control.js";
import { JOBS, work } from "./jobs.js";
import { Steps } from "./steps.js";

/** A worker's whole life: it does its part of every job. If that fails it ends, and is seen to. */
function live({ memory, module, control: at, layout, thread }: ThreadData): void {
  const control = new Int32Array(memory.buffer, at, CONTROL_WORDS);
  const steps = new Steps(kernelsOn(memory, module), layout, thread);
  for (let turn = 1; ; turn = (turn + 1) | 0) {
    while (awaitChange(control, CONTROL.turn, turn, 3_600_000) !== turn);
    const kind = JOBS[control[CONTROL.kind]!]!;
    const [, , layer, row, count] = control;
    work(steps, { kind, layer: layer!, row: row!, count: count! }, thread, layout.desks.length);
    if (Atomics.sub(control, CONTROL.pending, 1) === 1) Atomics.notify(control, CONTROL.pending);
  }
}

live(workerData as ThreadData);
