import type { OpenAI } from "openai";
import type { Headers as HeaderRecord } from "../../wire/http-request.js";

/** Headers that describe the `openai` package itself, or bodies and answers that this client does not send or accept. */
const ITS_OWN = /^(x-stainless-.*|user-agent|accept|content-type|content-length)$/;

/**
 * A client's base URL, with the query that it sends with every request. `AzureOpenAI` uses the path of its deployment, or of
 * the model if it has none.
 */
export function baseOf(client: OpenAI, model: string | undefined): string {
  const { origin, pathname, search } = new URL(client.buildURL("/models", null));
  const path = pathname.replace(/\/models$/, "");
  const isAzure = "deploymentName" in client && !path.includes("/deployments");
  const deployment = isAzure ? (client.deploymentName ?? model) : undefined;
  return `${origin}${path}${deployment === undefined ? "" : `/deployments/${deployment}`}${search}`;
}

/**
 * The headers a client of the `openai` package (6.49) would send: its key, organisation, project and default headers.
 */
export async function headersOf(client: OpenAI): Promise<HeaderRecord> {
  // If the key is a function, this call evaluates it, as the client does before each of its own requests.
  await client._callApiKey();
  const { req } = await client.buildRequest({ method: "get", path: "/models" });
  return Object.fromEntries([...new Headers(req.headers)].filter(([name]) => !ITS_OWN.test(name)));
}
