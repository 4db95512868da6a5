import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { type ConnectOptions, connect } from "../../../src/client/connect.js";
import { recogniseServer } from "../../../src/client/server/recognition.js";
import { OptionError } from "../../../src/domain/errors/errors.js";
import { keepAll } from "../../../src/domain/secrets/redactor.js";
import { recognise } from "../../../src/servers/recognise.js";
import { parseEndpoint } from "../../../src/wire/endpoint.js";
import { engineHere } from "../../support/engine-here.js";
import { recorded } from "../../support/recorded.js";
import { KINDS, type StandIn, type StandInOptions, standIn } from "../../support/stand-in.js";
import { json, serveScript } from "../scripted-server.js";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function recognised(options: StandInOptions, connectOptions: ConnectOptions = {}) {
  const stand: StandIn = await standIn(options);
  open.push(stand);
  const server = await connect(stand.url, connectOptions);
  const before = stand.received.length;
  const recognition = await server.recognise();
  const asked = stand.received.slice(before).map(({ method, path }) => `${method} ${path}`);
  server.close();
  return { ...recognition, asked, server };
}

describe("a server is recognised by its answers", () => {
  it.each([
    ["vllm", "0.11.0", ['owned_by "vllm" of /models', "vllm:* of /metrics", "/version"]],
    [
      "vllm-lmcache",
      "0.11.0",
      ['owned_by "vllm" of /models', "vllm:* of /metrics", "/version", "lmcache:* of /metrics"],
    ],
    [
      "vllm-lmcache-server",
      "0.17.1",
      ['owned_by "vllm" of /models', "vllm:* of /metrics", "/version", "LMCacheMPConnector in /server_info"],
    ],
    [
      "sglang",
      "0.5.4",
      ['owned_by "sglang" of /models', "radix cache in /server_info", "sglang:* of /metrics"],
    ],
    [
      "llamacpp",
      "b6700-1f2e3d4",
      ['owned_by "llamacpp" of /models', "the header Server: llama.cpp", "build_info of /props"],
    ],
    [
      "llama-cpp-python",
      "0.3.36",
      ["the title of /openapi.json", 'owned_by "me" of /models', "the header openai-processing-ms"],
    ],
    ["ollama", "0.12.6", ["/api/version and /api/tags", 'owned_by "library" of /models']],
    ["litellm", "1.81.0", ["litellm_version of /health/readiness"]],
    [
      "openai",
      "2020-10-01",
      ["the header openai-version", "the header openai-processing-ms", 'owned_by "system" of /models'],
    ],
    ["cacheblend-bridge", null, ['owned_by "firsttoken-cacheblend-bridge" of /models']],
    ["unknown", null, []],
  ] as const)("%s", async (kind, version, signs) => {
    const { profile, ...found } = await recognised(KINDS[kind]);
    expect(profile.name).toBe(kind);
    expect(found).toMatchObject({ version, signs, sure: kind !== "unknown", named: false });
  });

  it("also where the first GET of its page keeps it from answering any other for seconds", async () => {
    // As LiteLLM 1.83.14 does on a slow machine: one event loop, and it is building /openapi.json.
    let freeAt: number | null = null;
    const server = await serveScript(({ method, path }) => {
      if (path.endsWith("/models")) return [json({ data: [{ id: "m", owned_by: "openai" }] })];
      if (method !== "GET" || path.startsWith("/v1/")) return [json({}, "404 Not Found")];
      freeAt ??= performance.now() + 3000;
      const busy = Math.max(0, freeAt - performance.now());
      if (path === "/health/readiness") return [busy, json({ litellm_version: "1.83.14" })];
      return [busy, json({}, "404 Not Found")];
    });
    open.push(server);
    const { profile, version } = await (await connect(server.url)).recognise();
    expect([profile.name, version]).toEqual(["litellm", "1.83.14"]);
  });

  it("by GETs alone, and by none at OpenAI's", async () => {
    for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
      const { asked } = await recognised(KINDS[kind]);
      expect(asked.filter((request) => !request.startsWith("GET "))).toEqual([]);
      expect(asked.length).toBeLessThanOrEqual(13);
      if (kind === "openai") expect(asked).toEqual([]);
    }
  });

  it("also where a proxy says owned_by openai of everything, or vLLM's counters come under another name", async () => {
    const behind = { ...KINDS.litellm, model: { owned_by: "vllm" } };
    expect((await recognised(behind)).profile.name).toBe("litellm");
    const renamed = { ...KINDS.vllm, model: { owned_by: "acme" } };
    expect((await recognised(renamed)).profile.name).toBe("vllm");
  });

  // LiteLLM 1.108.7, as it answers: its version stands in no header of /models and no longer in /health/readiness.
  it.each([
    [
      { "GET /openapi.json": { openapi: "3.1.0", info: { title: "LiteLLM API", version: "1.108.7" } } },
      ["the title of /openapi.json", "the answer of /health/liveliness"],
      "1.108.7",
    ],
    [{}, ["the answer of /health/liveliness"], null],
  ] as const)("of a new LiteLLM, with its page of routes and without: %j", async (page, signs, version) => {
    const routes = {
      "GET /health/readiness": { status: "healthy", db: "Not connected" },
      "GET /health/liveliness": '"I\'m alive!"',
      ...page,
    };
    for (const owned_by of ["openai", "vllm"]) {
      const found = await recognised({ model: { owned_by }, routes });
      expect(found.profile.name).toBe("litellm");
      expect(found).toMatchObject({ signs, version, sure: true });
    }
  });

  // llama-cpp-python sends OpenAI's header with every answer; LiteLLM says "openai" of every model.
  it.each([
    ["one of OpenAI's headers", { headers: { "openai-processing-ms": "12" } }],
    ["OpenAI's owner", { model: { owned_by: "openai" } }],
    ["its owner and one header", { model: { owned_by: "system" }, headers: { "openai-processing-ms": "1" } }],
    ["two of its headers", { headers: { "openai-version": "2020-10-01", "openai-processing-ms": "12" } }],
    ["an owner that many have", { model: { owned_by: "me" } }],
    ["a /version that many have", { routes: { "GET /version": { version: "1.0" } } }],
  ])("is nobody's by %s", async (_what, kind: StandInOptions) => {
    const { profile, sure } = await recognised(kind);
    expect({ name: profile.name, sure }).toEqual({ name: "unknown", sure: false });
  });

  it.each([
    ["vllm", { model: { owned_by: "vllm" } }],
    ["sglang", { model: { owned_by: "sglang" } }],
    ["llamacpp", { model: { owned_by: "llamacpp" } }],
    ["ollama", { model: { owned_by: "library" } }],
    ["ollama", { routes: { "GET /api/version": { version: "0.9" }, "GET /api/tags": { models: [] } } }],
  ] as const)("is only likely %s by a single sign that others give too", async (name, kind) => {
    const { profile, sure, signs, advise } = await recognised(kind);
    expect({ name: profile.name, sure, signs: signs.length }).toEqual({ name, sure: false, signs: 1 });
    expect(advise({ reportsCachedTokens: true, countersTell: true })[0]).toBe(
      `Only ${signs[0]} shows that it is ${profile.title}: name it with --profile (profile) to be sure.`,
    );
  });

  it("by its address, OpenAI's and Azure's", () => {
    const answers = { model: {}, headers: {}, got: new Map() };
    for (const [host, name] of [
      ["api.openai.com", "openai"],
      ["eu.api.openai.com", "openai"],
      ["acme.openai.azure.com", "openai"],
      ["api.openai.com.example.org", "unknown"],
      ["notapi.openai.com", "unknown"],
      ["localhost", "unknown"],
    ] as const) {
      expect(recognise({ ...answers, host }).profile.name).toBe(name);
    }
  });

  it("is not taken in by a page that answers every path", async () => {
    const page = "<!doctype html><html><body>Welcome</body></html>";
    const scripted = await serveScript(({ path }) =>
      path === "/v1/models"
        ? [json({ data: [{ id: "m" }] })]
        : [`HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: ${page.length}\r\n\r\n${page}`],
    );
    open.push(scripted);
    const server = await connect(scripted.url);
    expect((await server.recognise()).profile.name).toBe("unknown");
    expect(await server.counters()).toBe(null);
    server.close();
  });

  it("the recorded llama-server, by its header and its /props", async () => {
    const { replay } = recorded("llama-server");
    const scripted = await serveScript(({ path }) => {
      const name = { "/v1/models": "models", "/props": "props", "/metrics": "metrics" }[path];
      return replay(name ?? "error: not found");
    });
    open.push(scripted);
    const server = await connect(scripted.url);
    const { profile, version, signs } = await server.recognise();
    expect(profile.name).toBe("llamacpp");
    expect(version).toBe("b1-de3ff81");
    expect(signs).toEqual([
      'owned_by "llamacpp" of /models',
      "the header Server: llama.cpp",
      "build_info of /props",
      "llamacpp:* of /metrics",
    ]);
    expect((await server.counters())!.map(({ name }) => name)).toEqual([
      "llamacpp:prompt_tokens_total",
      "llamacpp:prompt_tokens_cached_total",
      "llamacpp:requests_processing",
      "llamacpp:requests_deferred",
    ]);
    const shared = await connect(scripted.url, { shared: true });
    expect(await shared.counters()).toBe(null);
    shared.close();
    server.close();
  });

  it("the embedded engine, though its counters have vLLM's names", async () => {
    const serving = await engineHere();
    open.push(serving);
    const server = await connect(serving.url);
    const { profile, exists } = await server.recognise();
    expect(profile.name).toBe("embedded-engine");
    expect(exists("/reset_prefix_cache")).toBe(true);
    expect(await server.counters()).toBe(null);
    server.close();
  });
});

describe("recognising", () => {
  it("happens at the first need and once", async () => {
    const stand = await standIn(KINDS.vllm);
    open.push(stand);
    const server = await connect(stand.url);
    expect(stand.received.map(({ path }) => path)).toEqual(["/v1/models", "/tokenize"]);
    const [first, second] = await Promise.all([server.recognise(), server.recognise()]);
    expect(second).toBe(first);
    expect(stand.received.filter(({ path }) => path === "/version")).toHaveLength(1);
    server.close();
  });

  it("leaves the timed connections alone", async () => {
    const scripted = await serveScript(({ path }) =>
      path === "/v1/models" ? [json({ data: [{ id: "m" }] })] : [json({}, "404 Not Found")],
    );
    open.push(scripted);
    const server = await connect(scripted.url);
    const connections = scripted.connections;
    await server.recognise();
    expect(scripted.connections).toBeGreaterThan(connections);
    server.close();
  });

  it("gives up a server that says nothing", async () => {
    const asked: string[] = [];
    const scripted = await serveScript(({ path }) => {
      asked.push(path);
      return undefined;
    });
    open.push(scripted);
    const { profile, version, exists } = await recogniseServer(
      {
        endpoint: parseEndpoint(scripted.url),
        ...{ headers: {}, ca: undefined, signal: undefined, redact: keepAll },
        ...{ model: { id: "m" }, modelHeaders: {}, profile: undefined, hasCacheServer: false },
      },
      [0.1, 0.3],
    );
    expect([profile.name, version, exists("/metrics")]).toEqual(["unknown", null, null]);
    // Each is asked once more, and not again.
    expect(asked).toHaveLength(2 * new Set(asked).size);
  });

  it("may be overruled, and says so", async () => {
    const { profile, named, signs } = await recognised(KINDS.unknown, { profile: "vllm" });
    expect({ name: profile.name, named, signs }).toEqual({ name: "vllm", named: true, signs: [] });
    await expect(connect("http://127.0.0.1:9", { profile: "vlm" as "vllm" })).rejects.toThrow(OptionError);
    await expect(connect("http://127.0.0.1:9", { profile: "vlm" as "vllm" })).rejects.toThrow(
      /^profile must be one of embedded-engine, .*, unknown; received "vlm"\.$/,
    );
  });

  it("shows no key that a server tells of itself", async () => {
    const { server, ...recognition } = await recognised(KINDS.sglang);
    const shown = inspect(recognition, { depth: 10, showHidden: true }) + JSON.stringify(recognition);
    expect(shown).not.toContain("sk-of-the-server-itself");
    expect(recognition.advise({ reportsCachedTokens: false, countersTell: true })).toEqual([
      "Answers carry no cached_tokens: start SGLang with --enable-cache-report.",
    ]);
  });
});
