import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import { runLoad } from "../../src/load/run-load.js";
import { Recording } from "../../src/wire/recording.js";
import { DONE, delta, ROLE, type ScriptedServer, type Step, serveScript } from "./scripted-server.js";

const MARK = Buffer.from("\ufeff");
const MODELS = Buffer.from(JSON.stringify({ data: [{ id: "tiny" }] }));
const ANSWER = Buffer.from(
  JSON.stringify({
    choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
  }),
);

/** A body behind a byte order mark, in pieces that are cut after these bytes. */
const pieces = (body: Buffer, cuts: readonly number[], type = "application/json"): readonly Step[] => {
  const marked = Buffer.concat([MARK, body]);
  const ends = [...cuts, marked.length];
  return [
    `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${marked.length}\r\n\r\n`,
    ...ends.flatMap((end, index) => [marked.subarray(ends[index - 1] ?? 0, end), 2]),
  ];
};

const EVENTS = Buffer.from([ROLE, delta({ content: "Hi" }, "stop"), DONE].join(""));
const CUTS = [[1, 2, 3], [1, 2], [2], [1, 3], [3], [1, 2, 3, 4, 5], []];

let server: ScriptedServer | null = null;
afterEach(() => server?.close());

describe("a byte order mark before an answer", () => {
  it("is no part of its text, wherever it was cut", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 5 }), (text, size) => {
        const bytes = Buffer.concat([MARK, Buffer.from(text)]);
        const recording = new Recording();
        for (let at = 0; at < bytes.length; at += size)
          recording.append(1n, bytes, at, Math.min(bytes.length, at + size));
        expect(recording.text()).toBe(Buffer.from(text).toString("utf8"));
      }),
    );
  });

  it.each(
    CUTS.map((cuts) => [cuts]),
  )("costs no event and no answer, cut after its bytes %j", async (cuts) => {
    server = await serveScript(({ path, body }) => {
      if (path === "/v1/models") return pieces(MODELS, cuts);
      if (!path.endsWith("/completions")) return ["HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"];
      return body.includes('"stream":true')
        ? pieces(EVENTS, cuts, "text/event-stream")
        : pieces(ANSWER, cuts);
    });
    const url = `${server.url}/v1`;
    const connected = await connect(url);
    const timed = await connected.chat({ messages: [{ role: "user", content: "Hi" }], maxTokens: 4 });
    connected.close();
    expect(timed).toMatchObject({ outcome: "ok", text: "Hi", error: null });
    expect(timed.first_event_seconds).toBeLessThanOrEqual(timed.ttft_seconds!);
    for (const mode of ["chat", "stream"] as const) {
      const { requests } = await runLoad({
        url,
        apiKey: "EMPTY",
        mode,
        body: { model: "tiny", messages: [{ role: "user", content: "Hi" }] },
        requests: 2,
        arrivals: { kind: "closed", concurrency: 1 },
        timeoutSeconds: 10,
        threads: 0,
      });
      expect(requests.map(({ outcome, content_bytes }) => [outcome, content_bytes])).toEqual([
        ["ok", 2],
        ["ok", 2],
      ]);
    }
  });
});
