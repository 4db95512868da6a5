import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { apiRoutes } from "./api.js";
import { Engine } from "./engine.js";
import { httpServer } from "./http.js";
import { loadModel } from "./model.js";
import type { ChildOptions, ChildReport } from "./serve.js";

/** The server's own process: reads its options from the command line and tells its parent where it listens. */
async function main(): Promise<void> {
  const { model, kvTokens, port, host, allowedHosts } = JSON.parse(process.argv[2]!) as ChildOptions;
  // Ctrl-C goes to the whole group; the parent decides when the server ends, and takes it along when it dies.
  process.on("SIGINT", () => {});
  process.on("disconnect", () => process.exit());
  const engine = new Engine(loadModel(model), kvTokens);
  await warmUp(engine);
  const server = httpServer(apiRoutes(engine), { host, allowedHosts }).listen(port, host);
  await once(server, "listening");
  process.send?.({ listening: (server.address() as AddressInfo).port } satisfies ChildReport);
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
  const content = `## ${"the . ".repeat(WARM_UP_TOKENS / 2)} question : what ?`;
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    for (const method of ["full", "prefix", "reuse", "blend"]) {
      const stream = method !== "full";
      const messages = [{ role: "user", content }];
      const body = JSON.stringify({ messages, max_tokens: 4, stream, ignore_eos: true, cache: { method } });
      const answer = await fetch(`${url}/v1/chat/completions`, { method: "POST", body });
      if (!answer.ok) throw new Error(await answer.text());
      await answer.text();
    }
  }
  await fetch(`${url}/reset_prefix_cache?reset_external=true`, { method: "POST" });
  server.close();
  server.closeAllConnections();
}

const WARM_UP_TOKENS = 500;
const WARM_UP_ROUNDS = 2;

main().catch((error: unknown) => {
  const failed =
    error instanceof Error && "code" in error && error.code === "EADDRINUSE"
      ? "address already in use"
      : String(error);
  process.send?.({ failed } satisfies ChildReport, () => process.exit(1));
});
