import type { Endpoint } from "../../wire/endpoint.js";
import type { Call } from "./call.js";
import type { ServerClock } from "./facts.js";

/** Reads a server's clock from the `Date` of its list of models; null if it sends none that can be read. */
export async function readClock({ basePath }: Endpoint, call: Call): Promise<ServerClock | null> {
  const sentMs = Date.now();
  const answer = await call("GET", `${basePath}/models`);
  const receivedMs = Date.now();
  const dateMs = answer.how === "answered" ? Date.parse(answer.headers.date ?? "") : Number.NaN;
  return Number.isNaN(dateMs) ? null : { sentMs, receivedMs, dateMs };
}
