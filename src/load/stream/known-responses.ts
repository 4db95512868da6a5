import { EventShapes } from "../../client/answer/event-shapes.js";
import { KnownHead } from "../../wire/known-head.js";
import { KnownAnswer } from "./known-answer.js";

/**
 * What earlier responses of a server have shown of the next ones: all the readers of a thread share it. Otherwise each would
 * parse what another knows, and what all know would not fit into the processor's cache.
 */
export class KnownResponses {
  readonly head = new KnownHead();
  readonly shapes = new EventShapes();
  readonly answer = new KnownAnswer();
}
