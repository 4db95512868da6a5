import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import { json, type ScriptedRequest, type ScriptedServer, serveScript } from "./scripted-server.js";

let scripted: ScriptedServer;
afterEach(() => scripted.close());

const NOT_FOUND = json({ detail: "Not Found" }, "404 Not Found");
const plain = (body: string, status = "200 OK") =>
  `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

/** Resets the cache of a server whose routes, by path, answer in turn; the last answer repeats. */
async function reset(routes: Readonly<Record<string, readonly string[]>>) {
  const asked = new Map<string, number>();
  const answer = ({ path, method }: ScriptedRequest): readonly string[] => {
    if (path === "/v1/models") return [json({ data: [{ id: "tiny" }] })];
    const answers = method === "POST" ? routes[path] : undefined;
    if (answers === undefined) return [NOT_FOUND];
    const turn = asked.get(path) ?? 0;
    asked.set(path, turn + 1);
    return [answers[Math.min(turn, answers.length - 1)]!];
  };
  scripted = await serveScript(answer);
  const server = await connect(scripted.url);
  const result = await server.resetCache();
  server.close();
  return { result, asked: Object.fromEntries(asked) };
}

describe("resetting the cache", () => {
  it.each([
    [
      "vLLM, older builds: 200 and nothing",
      { "/reset_prefix_cache": [plain("")] },
      "POST /reset_prefix_cache",
    ],
    ["vLLM: success", { "/reset_prefix_cache": [json({ success: true })] }, "POST /reset_prefix_cache"],
    [
      "vLLM: busy at first",
      { "/reset_prefix_cache": [json({ success: false }), json({ success: true })] },
      "POST /reset_prefix_cache",
    ],
    [
      "SGLang: its sentence",
      { "/flush_cache": [plain("Cache flushed.\nPlease check backend logs for more details.")] },
      "POST /flush_cache",
    ],
    [
      "SGLang: busy at first",
      { "/flush_cache": [plain("busy", "400 Bad Request"), plain("Cache flushed.")] },
      "POST /flush_cache",
    ],
  ])("works with %s", async (_name, routes, how) => {
    expect((await reset(routes)).result).toEqual({ done: true, how });
  });

  it("is not done when the server says so with status 200, however often it is asked", async () => {
    const { result, asked } = await reset({ "/reset_prefix_cache": [json({ success: false })] });
    expect(result).toEqual({
      done: false,
      reason: "POST /reset_prefix_cache said 5 times that the cache was not cleared: the server is busy.",
    });
    expect(asked).toEqual({ "/reset_prefix_cache": 5 });
  });

  it.each([
    [
      {},
      /^The server has neither \/reset_prefix_cache nor \/flush_cache; vLLM has the first when it is started with/,
    ],
    [
      { "/reset_prefix_cache": [plain("<html>ok</html>")] },
      /the answer does not say whether it was cleared: <html>ok<\/html>/,
    ],
    [{ "/reset_prefix_cache": [json({ status: "ok" })] }, /the answer does not say whether it was cleared/],
    [
      { "/reset_prefix_cache": [json({ detail: "no" }, "403 Forbidden")] },
      /^POST \/reset_prefix_cache: HTTP 403: no\.$/,
    ],
    [{ "/flush_cache": [plain("ok")] }, /the answer does not say whether it was cleared: ok/],
  ])("is not done, with the reason, for %j", async (routes: Record<string, readonly string[]>, reason) => {
    const { result } = await reset(routes);
    expect(result).toMatchObject({ done: false, reason: expect.stringMatching(reason) });
  });
});
