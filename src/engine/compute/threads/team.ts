import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { Arena } from "../../wasm/arena.js";
import { type Kernels, kernelsOn } from "../../wasm/kernels.js";
import type { Layout } from "../memory/layout.js";
import type { PackedLayer } from "../memory/packed-model.js";
import { awaitChange, CONTROL, CONTROL_WORDS } from "./control.js";
import { JOBS, type Job, work } from "./jobs.js";
import { requireSignedDots } from "./signed-dots.js";
import { Steps } from "./steps.js";
import type { WatchData } from "./watch.js";

const multipliesBytes = ({ qkv, output, gateUp, down }: PackedLayer) =>
  [qkv, output, gateUp, down].some(({ compute }) => compute === "i8");

const WATCH = new URL("../../../../dist/engine/compute/threads/watch.js", import.meta.url);
/** The longest that a job may take: a step of some rows takes milliseconds. */
const MOST_SECONDS = 120;
/** How often a thread that waits looks whether another has ended, should it miss being told. */
const LOOK_MILLISECONDS = 100;

/** What the other threads are started with. */
interface Others {
  readonly arena: Arena;
  readonly layout: Layout;
  readonly control: number;
  readonly ends: MessagePort;
}

/**
 * The threads that compute: this one, and workers on the same memory. A job is done when every thread has done its part;
 * what a thread computes does not depend on how many there are.
 */
export class Team {
  readonly threads: number;
  /** This thread's. */
  readonly kernels: Kernels;
  readonly steps: Steps;
  readonly #control: Int32Array;
  readonly #watch: Worker | null;
  readonly #ends: MessagePort;
  readonly #onBroken: (error: Error) => void;
  #broken: Error | null = null;

  constructor(arena: Arena, layout: Layout, onBroken: (error: Error) => void) {
    this.threads = layout.desks.length;
    this.#onBroken = onBroken;
    this.kernels = kernelsOn(arena.memory, arena.module);
    this.steps = new Steps(this.kernels, layout, 0);
    if (layout.packed.layers.some(multipliesBytes)) requireSignedDots(arena, this.kernels);
    const control = arena.allocate(CONTROL_WORDS);
    this.#control = arena.integers(control, CONTROL_WORDS);
    const { port1, port2 } = new MessageChannel();
    this.#ends = port1;
    port1.on("message", (why: string) => this.#break(why));
    port1.unref();
    this.#watch = this.threads > 1 ? this.#startOthers({ arena, layout, control, ends: port2 }) : null;
  }

  #startOthers({ arena, layout, control, ends }: Others): Worker {
    const { memory, module } = arena;
    const threads = layout.desks.slice(1).map((_, i) => ({ memory, module, control, layout, thread: i + 1 }));
    const workerData: WatchData = { threads, ends };
    const watch = new Worker(WATCH, { workerData, transferList: [ends] });
    watch.unref();
    watch.once("error", (error) => this.#break(String(error)));
    watch.once("exit", (code) => this.#break(`it ended with code ${code}`));
    return watch;
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    this.#broken ??= new Error("The engine is closed.");
    this.#ends.close();
    await this.#watch?.terminate();
  }

  /** Does a job on all threads, this one's part too, and returns when all parts are done. */
  run(job: Job): void {
    if (this.#broken !== null) throw this.#broken;
    const { threads } = this;
    if (threads > 1) {
      const control = this.#control;
      control[CONTROL.kind] = JOBS.indexOf(job.kind);
      control[CONTROL.layer] = job.layer;
      control[CONTROL.row] = job.row;
      control[CONTROL.count] = job.count;
      Atomics.store(control, CONTROL.pending, threads - 1);
      Atomics.add(control, CONTROL.turn, 1);
      Atomics.notify(control, CONTROL.turn);
    }
    work(this.steps, job, 0, threads);
    if (threads > 1) this.#await();
  }

  #await(): void {
    const control = this.#control;
    const began = performance.now();
    for (;;) {
      const pending = awaitChange(control, CONTROL.pending, 0, LOOK_MILLISECONDS);
      if (Atomics.load(control, CONTROL.ended) !== 0) this.#break(this.#toldEnd());
      else if (pending === 0) return;
      else if (performance.now() - began > MOST_SECONDS * 1_000) {
        this.#break(`it did not finish its part of a step in ${MOST_SECONDS} s`);
      }
      if (this.#broken !== null) throw this.#broken;
    }
  }

  /** Why a thread has ended, as was told while this one waited. */
  #toldEnd(): string {
    return (receiveMessageOnPort(this.#ends)?.message as string | undefined) ?? "it ended";
  }

  /** What a thread has left undone is lost: nothing that is computed from now on could be right. */
  #break(why: string): void {
    if (this.#broken !== null) return;
    this.#broken = new Error(`A thread of the engine can't go on: ${why}.`);
    this.#onBroken(this.#broken);
  }
}
