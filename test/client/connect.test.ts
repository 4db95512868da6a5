import OpenAI, { AzureOpenAI } from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import { OptionError, ServerError } from "../../src/domain/errors/errors.js";
import {
  DONE,
  delta,
  json,
  type Script,
  type ScriptedServer,
  serveScript,
  stream,
} from "./scripted-server.js";

const open: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(script: Script): Promise<ScriptedServer> {
  const server = await serveScript(script);
  open.push(server);
  return server;
}

const NOT_FOUND = json({ detail: "Not Found" }, "404 Not Found");
const models = (...data: readonly object[]): Script => {
  return ({ path }) => [path.endsWith("/models") ? json({ object: "list", data }) : NOT_FOUND];
};

async function failure(url: string, options = {}): Promise<ServerError> {
  const error = await connect(url, options).then(
    () => new Error("connected"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ServerError);
  return error as ServerError;
}

describe("a base URL", () => {
  it.each(["", "/", "/v1", "/v1/", "/v1//"])("means the same with %j after the port", async (path) => {
    const { url } = await serve(models({ id: "tiny" }));
    const server = await connect(url + path);
    expect(server).toMatchObject({ url: `${url}/v1`, model: "tiny" });
    server.close();
  });

  it("may have a path of its own, below which the server's routes lie", async () => {
    const { url, requests } = await serve(models({ id: "tiny" }));
    const server = await connect(`${url}/proxy/openai/v1`);
    expect(server.url).toBe(`${url}/proxy/openai/v1`);
    expect(new Set(requests.map(({ path }) => path))).toEqual(
      new Set(["/proxy/openai/v1/models", "/proxy/openai/tokenize"]),
    );
    server.close();
  });

  it.each([
    ["localhost:8000", 'server must be a URL such as "http://localhost:8000/v1"; received "localhost:8000".'],
    ["", 'server must be a URL such as "http://localhost:8000/v1"; received "".'],
    [
      "ftp://localhost",
      'server must be a URL such as "http://localhost:8000/v1"; received "ftp://localhost".',
    ],
    [
      "http://localhost/v1?key=secret",
      'server must not hold a key as key (use apiKey or headers); received "http://localhost/v1".',
    ],
    ["http://localhost/v1#a", 'server must end without "#"; received "http://localhost/v1".'],
    [
      "https://x.azure.com/openai?api-version=1&subscription-key=secret",
      'server must not hold a key as subscription-key (use apiKey or headers); received "https://x.azure.com/openai".',
    ],
    [
      "http://me:secret@localhost",
      'server must not hold a user name or password (use apiKey or headers); received "http://localhost".',
    ],
  ])("%j is refused", async (url, message) => {
    await expect(connect(url)).rejects.toThrow(
      new OptionError("x", "x", 0).constructor as typeof OptionError,
    );
    await expect(connect(url)).rejects.toThrow(message);
  });

  it.each([
    [{ apiKey: "a\nb" }, 'apiKey must be printable ASCII text; received "[not shown]".'],
    [
      { headers: { "x y": "1" } },
      'headers must have names that HTTP allows and this client does not set; received "x y".',
    ],
    [{ headers: { "Content-Length": "1" } }, /^headers must have names/],
    [{ headers: { "x-a": "é" } }, 'headers["x-a"] must be printable ASCII text; received "[not shown]".'],
    [
      { body: { model: "other" } },
      /^body must not set model, .*, which this client sets itself; received "model"\.$/,
    ],
    [{ idleTimeoutSeconds: 0 }, "idleTimeoutSeconds must be a number of seconds above 0; received 0."],
    [{ timeoutSeconds: Number.NaN }, "timeoutSeconds must be a number of seconds above 0; received NaN."],
    [
      { connectTimeoutSeconds: -1 },
      "connectTimeoutSeconds must be a number of seconds above 0; received -1.",
    ],
  ])("options are checked: %j", async (options, message) => {
    await expect(connect("http://127.0.0.1:9", options)).rejects.toThrow(message);
  });
});

describe("what a server says of its model", () => {
  it.each([
    [
      { id: "m", max_model_len: 4096 },
      { tokens: 4096, source: "max_model_len of /models" },
    ],
    [
      { id: "m", context_window: 131072 },
      { tokens: 131072, source: "context_window of /models" },
    ],
    [
      { id: "m", context_length: 8192 },
      { tokens: 8192, source: "context_length of /models" },
    ],
    [
      { id: "m", meta: { n_ctx_train: 32768 } },
      { tokens: 32768, source: "meta.n_ctx_train of /models" },
    ],
    // LiteLLM 1.108.
    [
      { id: "m", max_input_tokens: 8192 },
      { tokens: 8192, source: "max_input_tokens of /models" },
    ],
    [
      { id: "m", context_length: "131,072" },
      { tokens: 131_072, source: "context_length of /models" },
    ],
    // OpenRouter: what the model takes, and what its provider does.
    [
      { id: "m", context_length: 131072, top_provider: { context_length: 32768 } },
      { tokens: 32_768, source: "top_provider.context_length of /models" },
    ],
    // LM Studio.
    [
      { id: "m", max_context_length: 32768, loaded_context_length: "4096" },
      { tokens: 4096, source: "loaded_context_length of /models" },
    ],
    [{ id: "m" }, null],
    [{ id: "m", max_model_len: null }, null],
    [{ id: "m", max_model_len: 0, context_length: -1, context_window: "many", max_input_tokens: 1e30 }, null],
  ])("gives the context limit: %j", async (entry, limit) => {
    const { url } = await serve(models(entry));
    const server = await connect(url);
    expect(server.contextLimit).toEqual(limit);
    server.close();
  });

  it("gives the limit of LiteLLM's /model/info, the smallest of its deployments", async () => {
    const info = (model_name: string, max_input_tokens: unknown) => ({
      model_name,
      model_info: { max_input_tokens, max_tokens: 512 },
    });
    const data = [info("other", 1_000), info("m", 128_000), info("m", 32_768), info("m", null)];
    const { url } = await serve(({ path }) => [
      path === "/v1/models"
        ? listed({ id: "m", owned_by: "openai" })
        : path === "/v1/model/info"
          ? json({ data })
          : NOT_FOUND,
    ]);
    const server = await connect(url);
    expect(server.contextLimit).toEqual({ tokens: 32_768, source: "max_input_tokens of /model/info" });
    server.close();
  });

  it("is the first in the list, or the one asked for by its id or alias", async () => {
    const { url } = await serve(models({ id: "a" }, { id: "b", aliases: ["bee"] }));
    for (const [wanted, model] of [
      [undefined, "a"],
      ["b", "b"],
      ["bee", "bee"],
    ] as const) {
      const server = await connect(url, wanted === undefined ? {} : { model: wanted });
      expect(server.model).toBe(model);
      server.close();
    }
  });
});

const ANSWER = stream(delta({ content: "Hi" }), delta({}, "stop"), DONE);
/** A server that answers `/models` so, and chats. */
const chats =
  (list: string, asks: RegExp = /^\/v1\/chat\/completions$/): Script =>
  ({ path }) =>
    path.endsWith("/models") ? [list] : asks.test(path) ? ANSWER : [NOT_FOUND];
const listed = (...data: readonly object[]) => json({ object: "list", data });

describe("a named model", () => {
  const FORBIDDEN = json({ error: { message: "Missing scopes: api.model.read" } }, "403 Forbidden");
  it.each([
    ["there is no list", NOT_FOUND, "sonar"],
    ["the key may not read the list", FORBIDDEN, "gpt-4o-mini"],
    ["the list is refused", json({ error: { message: "No key" } }, "401 Unauthorized"), "m"],
    ["the list fails", json({ error: "busy" }, "503 Service Unavailable"), "m"],
    ["the list is a page", "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>", "m"],
    ["the list is cut", 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"data":[', "m"],
    ["the list is null", json({ object: "list", data: null }), "x"],
    ["the list holds another", listed({ id: "a" }), "b"],
    ["a wildcard stands for it (LiteLLM)", listed({ id: "openai/*" }), "openai/gpt-4o-mini"],
    ["it is a variant (OpenRouter)", listed({ id: "meta-llama/llama-3" }), "meta-llama/llama-3:nitro"],
  ])("is used where %s, after one request that it answers", async (_why, list, model) => {
    const { url, requests } = await serve(chats(list));
    const server = await connect(url, { model });
    expect(server.model).toBe(model);
    expect(requests.filter(({ path }) => path === "/v1/chat/completions")).toHaveLength(1);
    server.close();
  });

  it.each([
    ["a byte order mark", '\ufeff{"data":[{"id":"a"}]}'],
    ["NaN, as Python writes it", '{"data":[{"id":"a","cost":NaN}]}'],
    ["an entry without a name first", '{"data":[{"id":""},{"id":"a"}]}'],
  ])("is read from a list with %s", async (_what, body) => {
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    const { url } = await serve(chats(head + body));
    const server = await connect(url);
    expect(server.model).toBe("a");
    server.close();
  });

  it("may answer bare prompts only", async () => {
    const { url } = await serve(chats(NOT_FOUND, /^\/v1\/completions$/));
    const server = await connect(url, { model: "base" });
    expect(server.model).toBe("base");
    server.close();
  });

  it("takes the limit of the model whose variant it is, or that its pattern stands for", async () => {
    for (const [id, model] of [
      ["meta-llama/llama-3", "meta-llama/llama-3:nitro"],
      ["vendor/*", "vendor/x"],
    ] as const) {
      const { url } = await serve(chats(listed({ id, context_length: 8192 })));
      const server = await connect(url, { model });
      expect(server.contextLimit).toEqual({ tokens: 8192, source: "context_length of /models" });
      server.close();
    }
  });

  it("is not asked first where the list shows it, also as NAME:latest (Ollama)", async () => {
    const { url, requests } = await serve(chats(listed({ id: "llama3.2:latest", context_length: 4096 })));
    const server = await connect(url, { model: "llama3.2" });
    expect(server).toMatchObject({ model: "llama3.2", contextLimit: { tokens: 4096 } });
    expect(requests.some(({ path }) => path.includes("completions"))).toBe(false);
    server.close();
  });

  it("that does not answer is refused with what is wrong with the list, and with what it said", async () => {
    const { url } = await serve(models());
    expect((await failure(url, { model: "m" })).message).toBe(
      `${url}/v1/models lists no model. When asked for "m" anyway, it said: HTTP 404: Not Found. Load one first.`,
    );
  });
});

describe("without a name", () => {
  it.each([
    ["a bare array (Together)", json([{ id: "llama", context_length: 131072 }]), "llama"],
    [
      "embedding models first (LM Studio)",
      listed({ id: "text-embedding-nomic" }, { id: "qwen3-8b" }),
      "qwen3-8b",
    ],
    ["a model that ranks, by its type", listed({ id: "a", type: "rerank" }, { id: "b", type: "chat" }), "b"],
    ["embedding models alone", listed({ id: "text-embedding-nomic" }), "text-embedding-nomic"],
    ["an entry without an id", listed({ name: "bad" }, { id: "good" }), "good"],
    ["a pattern", listed({ id: "openai/*" }, { id: "good" }), "good"],
  ])("the first that can answer is taken from %s", async (_name, list, model) => {
    const { url } = await serve(chats(list));
    const server = await connect(url);
    expect(server.model).toBe(model);
    server.close();
  });

  it("patterns alone are no model", async () => {
    const { url } = await serve(models({ id: "openai/*" }, { id: "azure/*" }));
    expect((await failure(url)).message).toBe(
      `${url}/v1/models lists only patterns (openai/*, azure/*): name the model with \`model\`, one that fits them.`,
    );
  });
});

describe("a query in the URL", () => {
  it("goes with every request, and Azure's deployment is the model", async () => {
    const base = "/openai/deployments/gpt4o";
    const { url, requests } = await serve(({ path }) =>
      path === `${base}/chat/completions?api-version=2024-10-21` ? ANSWER : [NOT_FOUND],
    );
    const server = await connect(`${url}${base}?api-version=2024-10-21`, { headers: { "api-key": "k" } });
    expect(server).toMatchObject({ url: `${url}${base}?api-version=2024-10-21`, model: "gpt4o" });
    expect((await server.chat({ messages: [{ role: "user", content: "Hi" }] })).outcome).toBe("ok");
    await server.recognise();
    server.close();
    expect(requests.length).toBeGreaterThan(3);
    for (const { path } of requests) expect(path).toMatch(/[?&]api-version=2024-10-21$/);
  });

  it("is taken from a client of the openai package", async () => {
    const { url, requests } = await serve(({ path }) =>
      path.includes("/chat/completions") ? ANSWER : [NOT_FOUND],
    );
    const client = new AzureOpenAI({
      endpoint: url,
      deployment: "gpt4o",
      apiKey: "azure-key-1",
      apiVersion: "2024-10-21",
    });
    const server = await connect(client);
    expect(server.model).toBe("gpt4o");
    expect(requests[0]!.path).toBe("/openai/deployments/gpt4o/models?api-version=2024-10-21");
    expect(requests[0]!.headers["api-key"]).toBe("azure-key-1");
    server.close();
  });
});

describe("connecting fails with one sentence", () => {
  it("when nothing listens there", async () => {
    const { url, close } = await serveScript(() => []);
    await close();
    const error = await failure(url);
    expect(error.message).toBe(
      `Nothing listens at ${url} (connection refused): start the server there, or correct the host and port.`,
    );
    expect(error).toMatchObject({ url: `${url}/v1`, status: null, cause: { code: "ECONNREFUSED" } });
    const byName = await failure(url.replace("127.0.0.1", "localhost"));
    expect(byName.message).toMatch(/^Nothing listens at http:\/\/localhost:\d+ \(connection refused\)/);
  });

  it("when the host has no address", async () => {
    expect((await failure("http://no-such-host.invalid:8000")).message).toMatch(
      /^The host no-such-host\.invalid is not known \(E\w+\): check its name and your network\.$/,
    );
  });

  it("when the server takes no connection in time", async () => {
    // TCP opens, but TLS never does.
    const { url } = await serve(() => undefined);
    const secure = url.replace("http:", "https:");
    expect((await failure(secure, { connectTimeoutSeconds: 0.1 })).message).toBe(
      `${secure} did not take a connection (no connection within 0.1 s): check the host, the port and any firewall.`,
    );
  });

  it("when the server takes the connection and says nothing", async () => {
    const { url } = await serve(() => undefined);
    expect((await failure(url, { idleTimeoutSeconds: 0.1 })).message).toBe(
      `${url} did not answer GET /v1/models within 0.1 s.`,
    );
  });

  it("when it is not an HTTP server", async () => {
    const { url } = await serve(() => ["SSH-2.0-OpenSSH_9.9\r\n"]);
    expect((await failure(url)).message).toBe(
      `What answers at ${url} does not speak HTTP/1.1 (not an HTTP/1.x response; it begins "SSH-2.0-OpenSSH_9.9"): check the port.`,
    );
  });

  it("when it closes without an answer", async () => {
    const { url } = await serve(() => ["CLOSE"]);
    expect((await failure(url)).message).toBe(
      `${url} closed the connection without an answer: check the server's log, and whether it wants ${url.replace("http:", "https:")}.`,
    );
  });

  it("when it is another kind of HTTP server", async () => {
    const { url } = await serve(() => [NOT_FOUND]);
    const error = await failure(url);
    expect(error.message).toBe(
      `There is no ${url}/v1/models (HTTP 404). Give the base URL of the server's OpenAI route, or, if it has no such list, name the model with \`model\`.`,
    );
    expect(error.status).toBe(404);
    for (const route of ["/chat/completions", "/completions", "/models"])
      expect((await failure(`${url}/v1${route}`)).message).toContain(`OpenAI route, perhaps ${url}/v1, or`);
    expect((await failure(`${url}/api`)).message).toMatch(/OpenAI route, perhaps http:\S+\/api\/v1, or/);
  });

  it.each([
    ["<html>hello</html>", "<html>hello</html>"],
    ['{"models":["a"]}', '{"models":["a"]}'],
    ['{"data":[{"name":"a"}]}', '{"data":[{"name":"a"}]}'],
    ['{"object":"error"}', '{"object":"error"}'],
  ])("when the answer is not OpenAI's shape: %s", async (body, begins) => {
    const { url } = await serve(() => [`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`]);
    expect((await failure(url)).message).toBe(
      `${url}/v1/models did not answer with OpenAI's {"data": [{"id": …}]} (it begins ${JSON.stringify(begins)}). Check that the URL is the server's OpenAI route, or name the model with \`model\`.`,
    );
  });

  it("when it lists no model", async () => {
    for (const list of [[], { data: [] }, { object: "list", data: null }]) {
      const { url } = await serve(({ path }) => [path.endsWith("/models") ? json(list) : NOT_FOUND]);
      expect((await failure(url)).message).toBe(
        `${url}/v1/models lists no model. Load one first, or name the model with \`model\`.`,
      );
    }
  });

  it("when the model asked for neither stands in the list nor answers", async () => {
    const { url } = await serve(models({ id: "a" }, { id: "b" }));
    expect((await failure(url, { model: "c" })).message).toBe(
      `${url}/v1 has no model "c"; it has a, b. When asked for "c" anyway, it said: HTTP 404: Not Found.`,
    );
    const many = await serve(models(...Array.from({ length: 12 }, (_, i) => ({ id: `m${i}` }))));
    expect((await failure(many.url, { model: "c" })).message).toMatch(
      /it has m0, m1, .*, m9 and 2 more\. When asked/,
    );
  });

  it("when the key is refused, without showing the key", async () => {
    const apiKey = "sk-abcdefghijkl";
    const { url } = await serve(({ headers }) => [
      json({ error: { message: `Bad key ${headers.authorization}` } }, "401 Unauthorized"),
    ]);
    const error = await failure(url, { apiKey });
    expect((await failure(url, { apiKey, model: "m" })).message).not.toContain(apiKey);
    expect(error.message).toBe(
      `${url}/v1/models refused the API key (HTTP 401: Bad key [redacted].) Give the right one with \`apiKey\`, or, if the key may not list models, name the model with \`model\`.`,
    );
    expect(error.status).toBe(401);
  });

  it("when LiteLLM does not know the key, which it says with status 400", async () => {
    // LiteLLM 1.108.7 without a database, asked without its master key.
    const said = {
      error: { message: "No connected db.", type: "no_db_connection", param: null, code: "400" },
    };
    const { url } = await serve(() => [json(said, "400 Bad Request")]);
    expect((await failure(url)).message).toContain(
      "refused the API key (HTTP 400: No connected db.) Give the right one with `apiKey`",
    );
  });

  it("when the server fails", async () => {
    const { url } = await serve(() => [json({ error: "still loading" }, "503 Service Unavailable")]);
    expect((await failure(url)).message).toBe(`${url}/v1/models failed: HTTP 503: still loading.`);
    const empty = await serve(() => ["HTTP/1.1 204 No Content\r\n\r\n"]);
    expect((await failure(empty.url)).message).toBe(`${empty.url}/v1/models failed: HTTP 204.`);
  });
});

describe("a client of the openai package", () => {
  it("gives its URL, key and default headers", async () => {
    const { url, requests } = await serve(({ path }) =>
      path === "/v1/models"
        ? [json({ data: [{ id: "tiny" }] })]
        : path === "/v1/chat/completions"
          ? stream(delta({ content: "Hi" }), DONE)
          : [NOT_FOUND],
    );
    const client = new OpenAI({
      baseURL: `${url}/v1/`,
      apiKey: "sk-from-the-client",
      organization: "org-1",
      defaultHeaders: { "X-Team": "a", "X-Unset": null },
    });
    const server = await connect(client);
    expect(server).toMatchObject({ url: `${url}/v1`, model: "tiny" });
    const { outcome } = await server.chat({ messages: [{ role: "user", content: "Hi" }] });
    expect(outcome).toBe("ok");
    const { headers } = requests.at(-1)!;
    expect(headers).toMatchObject({
      authorization: "Bearer sk-from-the-client",
      "openai-organization": "org-1",
      "x-team": "a",
      "user-agent": "firsttoken",
      "accept-encoding": "identity",
    });
    expect(Object.keys(headers).filter((name) => /stainless|unset/.test(name))).toEqual([]);
    server.close();
  });

  it("may have a key that is asked for when needed, and gives way to an explicit one", async () => {
    const { url, requests } = await serve(models({ id: "tiny" }));
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: async () => "sk-rotating" });
    (await connect(client)).close();
    expect(requests.at(-1)!.headers.authorization).toBe("Bearer sk-rotating");
    (await connect(client, { apiKey: "sk-explicit" })).close();
    expect(requests.at(-1)!.headers.authorization).toBe("Bearer sk-explicit");
  });
});
