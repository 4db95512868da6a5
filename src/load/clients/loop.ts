import type { LoadClient } from "./load-client.js";

/** Decides which client carries which request, and when. */
export interface Loop {
  /** Load clients whose connections are opened before the start. */
  readonly first: readonly LoadClient[];
  /** Begins; `over` is called once, when no request is left and none under way. */
  begin(startNs: number, over: () => void): void;
  /** A client is free again; its request ended at this moment. */
  free(client: LoadClient, endedNs: number): void;
  /** Starts nothing more. */
  stop(): void;
}

/** What a loop needs to know of its thread. */
export interface LoopContext {
  readonly makeClient: () => LoadClient;
  /** Nanoseconds after the origin. */
  readonly clock: () => number;
}
