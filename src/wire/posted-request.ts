import type { Endpoint } from "./endpoint.js";

/** A request as sent over the wire, made before any clock starts. Its bytes contain the key and are never shown. */
export interface PostedRequest {
  readonly endpoint: Endpoint;
  readonly bytes: Uint8Array;
  /** The secrets to remove from the server's words about it. */
  readonly secrets: readonly string[];
}
