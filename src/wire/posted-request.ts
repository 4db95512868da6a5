import type { Endpoint } from "./endpoint.js";

/** A request as it goes over the wire, made before any clock starts. Its bytes hold the key: they are never shown. */
export interface PostedRequest {
  readonly endpoint: Endpoint;
  readonly bytes: Uint8Array;
  /** What must be taken out of the server's words about it. */
  readonly secrets: readonly string[];
}
