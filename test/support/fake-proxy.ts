import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { litellmConfig } from "../../src/proxies/litellm.js";
import { type RunningProxy, startProxy } from "../../src/proxies/start-proxy.js";
import { freePort } from "./free-port.js";

/** The program of a proxy for tests; its first lines say what flags it has. */
export const FAKE_PROXY = fileURLToPath(new URL("./fake-proxy.mjs", import.meta.url));

/** The key the proxy asks for. */
export const PROXY_KEY = "sk-proxy-key-0123456789";

/** Starts the proxy for tests in front of a provider. */
export async function fakeProxy(providerUrl: string, ...flags: string[]): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), "fake-proxy-"));
  return startProxy({
    command: [process.execPath, FAKE_PROXY, ...flags],
    folder,
    host: "127.0.0.1",
    port: await freePort(),
    config: litellmConfig({ model: "m", providerUrl, providerKey: "fake", apiKey: PROXY_KEY }),
    secrets: [PROXY_KEY],
    logPath: join(folder, "proxy.log"),
    startTimeoutSeconds: 60,
    signal: new AbortController().signal,
  });
}
