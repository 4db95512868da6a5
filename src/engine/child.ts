import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { ModelError } from "../domain/errors.js";
import { apiRoutes } from "./api.js";
import { Engine } from "./engine.js";
import { httpServer } from "./http.js";
import { openModel } from "./loading/open-model.js";
import { loadModel, modelNames } from "./model.js";
import type { ChildOptions, ChildReport } from "./serve.js";

/** The server's own process: reads its options from the command line and tells its parent where it listens. */
async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2]!) as ChildOptions;
  const { port, host, allowedHosts } = options;
  // Ctrl-C goes to the whole group; the parent decides when the server ends, and takes it along when it dies.
  process.on("SIGINT", () => {});
  process.on("disconnect", () => process.exit());
  const engine = await engineFor(options);
  await warmUp(engine);
  const server = httpServer(apiRoutes(engine), { host, allowedHosts }).listen(port, host);
  await once(server, "listening");
  const listening = (server.address() as AddressInfo).port;
  process.send?.({ listening, model: engine.model.name } satisfies ChildReport);
}

const DEFAULT_KV_TOKENS = 65_536;

async function engineFor({ model: name, kvTokens, maxModelLen }: ChildOptions): Promise<Engine> {
  if (modelNames().includes(name)) {
    const model = loadModel(name);
    return new Engine({ ...model, maxTokens: maxModelLen ?? model.maxTokens }, kvTokens ?? DEFAULT_KV_TOKENS);
  }
  const asked = { kvTokens: kvTokens ?? null, maxModelLen: maxModelLen ?? null };
  const opened = await openModel(name, asked, process.availableMemory());
  const engine = new Engine(opened.model, opened.kvTokens);
  opened.close();
  return engine;
}

/**
 * Sends requests through a server of their own, so that the first real one finds everything compiled and the memory
 * it works on touched; leaves neither blocks nor counts behind.
 */
async function warmUp(engine: Engine): Promise<void> {
  const server = httpServer(apiRoutes(engine), { host: "127.0.0.1", allowedHosts: [] }).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const post = async (route: string, body: object) => {
    const answer = await fetch(`${url}${route}`, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
    await answer.text();
  };
  if (engine.tokenizer.marksChunks) {
    const content = `## ${"the . ".repeat(WARM_UP_TOKENS / 2)} question : what ?`;
    const messages = [{ role: "user", content }];
    for (let round = 0; round < WARM_UP_ROUNDS; round++) {
      for (const method of ["full", "prefix", "reuse", "blend"]) {
        const stream = method !== "full";
        await post("/v1/chat/completions", {
          messages,
          max_tokens: 4,
          stream,
          ignore_eos: true,
          cache: { method },
        });
      }
    }
  } else {
    const prompt = Array.from({ length: LARGE_WARM_UP_TOKENS }, () => engine.tokenizer.bos);
    for (const cache of [
      { method: "full" },
      { method: "reuse", chunks: [16, 16] },
      { method: "blend", chunks: [16, 16] },
    ]) {
      await post("/v1/completions", {
        prompt,
        max_tokens: 2,
        ignore_eos: true,
        stream: cache.method !== "full",
        cache,
      });
    }
  }
  await fetch(`${url}/reset_prefix_cache?reset_external=true`, { method: "POST" });
  server.close();
  server.closeAllConnections();
}

const WARM_UP_TOKENS = 500;
const WARM_UP_ROUNDS = 2;
/** A language model takes longer for each. */
const LARGE_WARM_UP_TOKENS = 64;

main().catch((error: unknown) => {
  if (error instanceof ModelError) {
    const unusable = error.why;
    process.send?.({ unusable } satisfies ChildReport, () => process.exit(1));
    return;
  }
  const failed =
    error instanceof Error && "code" in error && error.code === "EADDRINUSE"
      ? "address already in use"
      : String(error);
  process.send?.({ failed } satisfies ChildReport, () => process.exit(1));
});
