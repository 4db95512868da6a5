import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { apiRoutes } from "./http/api.js";
import { httpServer } from "./http/http.js";
import type { Engine } from "./methods/engine.js";

const LOCAL = "127.0.0.1";

/**
 * Sends requests through a server of their own, so that the first real one finds everything compiled and the memory
 * it works on touched; leaves neither blocks nor counts behind.
 *
 * @throws ModelError for a model that gives no numbers.
 */
export async function warmUp(engine: Engine): Promise<void> {
  tryOut(engine);
  const server = httpServer(apiRoutes(engine), { host: LOCAL, allowedHosts: [] }).listen(0, LOCAL);
  await once(server, "listening");
  const url = `http://${LOCAL}:${(server.address() as AddressInfo).port}`;
  for (const { route, body } of engine.tokenizer.marksChunks ? ofWords(engine) : ofIds(engine)) {
    const answer = await fetch(`${url}${route}`, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
    await answer.text();
  }
  await fetch(`${url}/reset_prefix_cache?reset_external=true`, { method: "POST" });
  server.close();
  server.closeAllConnections();
}

/** One token without the server, which would report a problem of the model as an answer. */
function tryOut(engine: Engine): void {
  const prompt = Int32Array.of(engine.tokenizer.bos);
  const cache = { method: "full" } as const;
  const work = engine.generate({ prompt, maxTokens: 1, cache, salt: "", ignoreEos: true });
  while (work.next().done !== true);
}

interface WarmUpRequest {
  readonly route: string;
  readonly body: object;
}

const ROUNDS = 2;
const WORDS = 500;
/** The rest of a context: the marker, the question and the answer. */
const OTHERS = 24;

function* ofWords({ model }: Engine): Generator<WarmUpRequest> {
  const words = Math.min(WORDS, model.maxTokens - OTHERS);
  const content = `## ${"the . ".repeat(words / 2)} question : what ?`;
  const common = { messages: [{ role: "user", content }], max_tokens: 4, ignore_eos: true };
  for (let round = 0; round < ROUNDS; round++) {
    for (const method of ["full", "prefix", "reuse", "blend"]) {
      const body = { ...common, stream: method !== "full", cache: { method } };
      yield { route: "/v1/chat/completions", body };
    }
  }
}

/** A language model takes longer for each token. */
const IDS = 48;
const IDS_ANSWERED = 2;

function* ofIds({ model, tokenizer }: Engine): Generator<WarmUpRequest> {
  const ids = Math.max(1, Math.min(IDS, model.maxTokens - IDS_ANSWERED));
  const prompt = Array.from({ length: ids }, () => tokenizer.bos);
  const chunks = [1, 2].map(() => Math.floor(ids / 3)).filter((tokens) => tokens > 0);
  const methods = ["full", "reuse", ...(model.shape.layers > 1 ? ["blend"] : [])];
  for (const method of methods) {
    const cache = method === "full" ? { method } : { method, chunks };
    const body = {
      prompt,
      max_tokens: IDS_ANSWERED,
      ignore_eos: true,
      stream: method !== "full",
      cache,
    };
    yield { route: "/v1/completions", body };
  }
}
