import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { apiRoutes } from "../../src/engine/http/api.js";
import { httpServer } from "../../src/engine/http/http.js";
import { openEngine } from "../../src/engine/open-engine.js";
import { warmUp } from "../../src/engine/warm-up.js";

export interface EngineHere {
  /** `http://host:port/v1`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the embedded engine from this process: all that its own process serves, without that process's start and warm-up,
 * which take longer than most tests.
 *
 * @param options a model of its own (default `tiny`) or a folder, how many tokens' keys and values are kept, and whether it is
 * warmed up all the same.
 */
export async function engineHere(
  options: { readonly model?: string; readonly kvTokens?: number; readonly isWarm?: boolean } = {},
): Promise<EngineHere> {
  const { isWarm = false, ...asked } = options;
  const engine = await openEngine({ model: "tiny", ...asked, threads: 1 }, (error) => {
    throw error;
  });
  if (isWarm) await warmUp(engine);
  const server = httpServer(apiRoutes(engine), { host: "127.0.0.1", allowedHosts: [] }).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await engine.transformer.close();
    },
  };
}
