import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import { softwareOf } from "../../src/client/server.js";
import { report } from "../../src/servers/profile/counters.js";
import { parsePrometheus } from "../../src/servers/profile/prometheus.js";
import { profileNamed } from "../../src/servers/recognise.js";
import { recorded } from "../support/recorded.js";
import { type ScriptedServer, serveScript } from "./scripted-server.js";

const { replay, body } = recorded("vllm-lmcache");
const missing = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";

const open: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** vLLM and LMCache's own server as they were recorded; vLLM answers chats with the exchange named. */
async function met(chat: string, { developing = true } = {}) {
  const vllm = await serveScript(({ method, path }) => {
    if (path === "/v1/models") return replay("models");
    if (path === "/v1/chat/completions") return replay(chat);
    if (path === "/version") return replay("version");
    if (path === "/metrics") return replay("metrics after");
    if (developing && path === "/server_info?config_format=json") return replay("server_info");
    if (developing && method === "POST" && path === "/reset_prefix_cache") return replay("reset");
    return [missing];
  });
  const lmcache = await serveScript(({ method, path }) =>
    method === "POST" && path === "/cache/clear" ? replay("cache clear") : [missing],
  );
  open.push(vllm, lmcache);
  return { server: await connect(vllm.url, { cacheServer: `http://127.0.0.1:${lmcache.port}` }), lmcache };
}

describe("the recorded vLLM with LMCache's server", () => {
  it.each([
    [true, "LMCacheMPConnector in /server_info"],
    [false, "vllm:lmcache_mp_* of /metrics"],
  ])("is told from vLLM alone, its development mode being %j", async (developing, sign) => {
    const { server } = await met("chat stream cold", { developing });
    const { profile, signs } = await server.recognise();
    expect(profile.name).toBe("vllm-lmcache-server");
    expect(signs).toContain(sign);
    expect(await softwareOf(server)).toBe("vLLM 0.32.0 with an LMCache server");
    server.close();
  });

  it("is emptied at both addresses", async () => {
    const { server, lmcache } = await met("chat stream cold");
    expect(await server.resetCache()).toMatchObject({ done: true });
    expect(lmcache.requests.at(-1)).toMatchObject({ path: "/cache/clear", body: '{"tier":"l1"}' });
    server.close();
  });

  // LMCache keeps chunks of 256 tokens: of 813 tokens three whole ones are found again.
  it.each([
    ["chat stream cold", 0],
    ["chat stream repeat (hit)", 768],
    ["chat stream after clear", 0],
  ])("%s: %i of 813 prompt tokens came from LMCache", async (name, cached_tokens) => {
    const { server } = await met(name);
    expect(await server.chat({ messages: [{ role: "user", content: "Hi" }] })).toMatchObject({
      outcome: "ok",
      prompt_tokens: 813,
      cached_tokens,
      cached_tokens_source: "usage.prompt_tokens_details.cached_tokens",
    });
    server.close();
  });

  it("counts LMCache's hits in vLLM's own counters", () => {
    const [before, after] = ["metrics between", "metrics after"].map((name) => parsePrometheus(body(name)));
    expect(report(profileNamed("vllm-lmcache-server").counters!, before!, after!, 813)).toMatchObject({
      cached_tokens: 768,
      source: "vllm:prompt_tokens_by_source_total",
    });
  });
});
