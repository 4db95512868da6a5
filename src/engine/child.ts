import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { ModelError } from "../domain/errors/errors.js";
import { apiRoutes } from "./http/api.js";
import { httpServer } from "./http/http.js";
import { openEngine } from "./open-engine.js";
import type { ChildOptions, ChildReport } from "./serve.js";
import { warmUp } from "./warm-up.js";

/** The server's own process: reads its options from the command line and tells its parent where it listens. */
async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2]!) as ChildOptions;
  const { port, host, allowedHosts } = options;
  // Ctrl-C reaches the whole group; the parent decides when the server ends, and the server ends with it.
  process.on("SIGINT", () => {});
  process.on("disconnect", () => process.exit());
  // The parent may have died before this line was reached.
  if (!process.connected) process.exit();
  const engine = await openEngine(options, onBroken);
  await warmUp(engine);
  const server = httpServer(apiRoutes(engine), { host, allowedHosts }).listen(port, host);
  await once(server, "listening");
  const listening = (server.address() as AddressInfo).port;
  const { name, compute = "f32" } = engine.model;
  // A word model is not read from a quantised file.
  const ofWords = compute === "f32" ? 0 : 1;
  const roundedShare = "roundedShare" in engine.model ? engine.model.roundedShare : ofWords;
  process.send?.({ listening, model: name, roundedShare } satisfies ChildReport);
}

/** Nothing more can be computed: clients waiting for an answer see the connection end. */
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
      ? "address already in use; choose another port, or port 0 for a free one"
      : String(error);
  process.send?.({ failed } satisfies ChildReport, () => process.exit(1));
});
