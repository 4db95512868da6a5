import type { Lane } from "./lane.js";

/** Decides which lane carries which request, and when. */
export interface Loop {
  /** Lanes whose connections are opened before the start. */
  readonly first: readonly Lane[];
  /** Begins; `over` is called once, when no request is left and none under way. */
  begin(startNs: number, over: () => void): void;
  /** A lane is free again; its request ended at this moment. */
  free(lane: Lane, endedNs: number): void;
  /** Starts nothing more. */
  stop(): void;
}

/** What a loop needs to know of its thread. */
export interface LoopContext {
  readonly makeLane: () => Lane;
  /** Nanoseconds after the origin. */
  readonly clock: () => number;
}
