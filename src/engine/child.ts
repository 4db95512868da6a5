import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { availableParallelism } from "node:os";
import { ModelError } from "../domain/errors/errors.js";
import { apiRoutes } from "./http/api.js";
import { httpServer } from "./http/http.js";
import { openModel } from "./loading/open-model.js";
import { Engine } from "./methods/engine.js";
import { loadModel, modelNames } from "./model/model.js";
import type { ChildOptions, ChildReport } from "./serve.js";
import { warmUp } from "./warm-up.js";

/** The server's own process: reads its options from the command line and tells its parent where it listens. */
async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2]!) as ChildOptions;
  const { port, host, allowedHosts } = options;
  // Ctrl-C goes to the whole group; the parent decides when the server ends, and takes it along when it dies.
  process.on("SIGINT", () => {});
  process.on("disconnect", () => process.exit());
  // It may have died before this line was reached.
  if (!process.connected) process.exit();
  const engine = await engineFor(options);
  await warmUp(engine);
  const server = httpServer(apiRoutes(engine), { host, allowedHosts }).listen(port, host);
  await once(server, "listening");
  const listening = (server.address() as AddressInfo).port;
  process.send?.({ listening, model: engine.model.name } satisfies ChildReport);
}

const DEFAULT_KV_TOKENS = 65_536;
/** More have too little to do between two meetings. */
const MOST_THREADS = 16;

async function engineFor(options: ChildOptions): Promise<Engine> {
  const { model: name, kvTokens, maxModelLen, compute, threads } = options;
  if (modelNames().includes(name)) {
    const model = loadModel(name);
    const asked = { maxTokens: maxModelLen ?? model.maxTokens, compute: compute ?? "f32" };
    return new Engine({ ...model, ...asked }, kvTokens ?? DEFAULT_KV_TOKENS, {
      threads: threads ?? 1,
      onBroken,
    });
  }
  const asked = { kvTokens: kvTokens ?? null, maxModelLen: maxModelLen ?? null, compute: compute ?? null };
  const opened = await openModel(name, asked, process.availableMemory());
  try {
    // Now its weights are read.
    return new Engine(opened.model, opened.kvTokens, {
      threads: threads ?? Math.min(availableParallelism(), MOST_THREADS),
      onBroken,
    });
  } catch (cause) {
    throw new ModelError(name, cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    opened.close();
  }
}

/** Nothing more can be computed: who waits for an answer sees the connection end. */
function onBroken(error: Error): void {
  console.error(error.message);
  process.exit(1);
}

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
