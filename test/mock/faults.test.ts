import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import { faultAt, faultShares, type MockOptions, type MockServer } from "../../src/mock/mock-options.js";
import { serveMock } from "../../src/mock/serve-mock.js";
import { exchange, post } from "./raw-client.js";

const servers: MockServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));
const serve = async (options: MockOptions) => {
  const server = await serveMock(options);
  servers.push(server);
  return server;
};

const CHAT = "/v1/chat/completions";
const STREAM = post(CHAT, { stream: true });
const WHOLE = post(CHAT, {});

describe("a fault", () => {
  it("that is a status comes as an error of OpenAI's shape, and the connection goes on", async () => {
    const { url } = await serve({ faults: { statuses: { 429: 1 } } });
    const { text } = await exchange(url, [STREAM + WHOLE], (seen) => seen.split("}}").length === 3);
    expect(text).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n/);
    expect(JSON.parse(text.slice(text.lastIndexOf("\r\n\r\n")))).toMatchObject({
      error: { type: "rate_limit_error", code: 429 },
    });
  });

  it("that is a reset comes before any byte", async () => {
    const { url } = await serve({ faults: { reset: 1 } });
    expect(await exchange(url, [STREAM])).toEqual({ text: "", end: "reset" });
    expect(await exchange(url, [WHOLE])).toEqual({ text: "", end: "reset" });
  });

  it("that is a stall leaves the client with the headers", async () => {
    const { url } = await serve({ faults: { stall: 1 } });
    for (const request of [STREAM, WHOLE]) {
      const started = await exchange(url, [request], (seen) => seen.includes("\r\n\r\n"));
      expect(started.text).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n$/s);
    }
    const server = await connect(url, { idleTimeoutSeconds: 0.2 });
    const { outcome, status, ttft_seconds } = await server.chat({
      messages: [{ role: "user", content: "a" }],
    });
    server.close();
    expect([outcome, status, ttft_seconds]).toEqual(["timeout", 200, null]);
  });

  it("that is a cut ends the answer in its middle", async () => {
    const { url } = await serve({ chunks: 6, faults: { cut: 1 } });
    const stream = await exchange(url, [STREAM]);
    expect(stream.end).toBe("closed");
    expect(stream.text.match(/hello/g)).toHaveLength(3);
    expect(stream.text).not.toMatch(/DONE|stop/);
    expect(stream.text.endsWith("\r\n0\r\n\r\n")).toBe(false);
    const whole = await exchange(url, [WHOLE]);
    const [head, body] = whole.text.split("\r\n\r\n");
    expect(whole.end).toBe("closed");
    expect(body!.length).toBeGreaterThan(0);
    expect(body!.length).toBeLessThan(Number(/content-length: (\d+)/.exec(head!)![1]));
  });

  it("that is a malformed event leaves the rest of the stream as it is", async () => {
    const { url } = await serve({ chunks: 5, faults: { malformed: 1 } });
    const { text } = await exchange(url, [STREAM], (seen) => seen.endsWith("0\r\n\r\n"));
    const events = [...text.matchAll(/data: (.*)\n\n/g)].map((match) => match[1]!);
    const isJson = (event: string) => {
      try {
        return JSON.parse(event) !== null;
      } catch {
        return false;
      }
    };
    expect(events.map(isJson)).toEqual([true, true, true, false, true, true, true, false]);
    expect(events.at(-1)).toBe("[DONE]");
    const whole = await exchange(url, [WHOLE], (seen) => /\{.+/.test(seen));
    expect(isJson(whole.text.split("\r\n\r\n")[1]!)).toBe(false);
  });
});

describe("faults", () => {
  const faults = { statuses: { 429: 0.2, 503: 0.1 }, reset: 0.2, cut: 0.2, malformed: 0.1 };

  /** What each of 60 requests met, one after the other. */
  const met = async (options: MockOptions) => {
    const { url } = await serve({ chunks: 4, faults, ...options });
    const kinds: string[] = [];
    for (let i = 0; i < 60; i++) {
      const { text, end } = await exchange(url, [STREAM], (seen) => /\[DONE\]|"error"/.test(seen));
      const events = text.match(/"content":"hello "/g)?.length ?? 0;
      kinds.push(`${text.slice(9, 12)} ${end} ${events}`);
    }
    return kinds;
  };

  it("are the same again from the same seed, and others from another", async () => {
    const [one, same, other] = await Promise.all([met({ seed: 7 }), met({ seed: "7" }), met({ seed: 8 })]);
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
    expect(new Set(one)).toEqual(
      new Set(["429 kept 0", "503 kept 0", " reset 0", "200 closed 2", "200 kept 3", "200 kept 4"]),
    );
  });

  it("have exactly their shares, each apart from the others", () => {
    const shares = faultShares(faults);
    const counts = new Map<string, number>();
    for (let i = 0; i < 1000; i++) {
      const fault = faultAt(shares, (i + 0.5) / 1000);
      const name = fault === null ? "none" : fault.kind === "status" ? String(fault.status) : fault.kind;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({
      "429": 200,
      "503": 100,
      reset: 200,
      cut: 200,
      malformed: 100,
      none: 200,
    });
  });

  it("must not be more than there are requests", async () => {
    await expect(serveMock({ faults: { cut: 0.6, reset: 0.5 } })).rejects.toThrow(
      "faults must not add up to more than 1; received 1.1",
    );
    await expect(serveMock({ faults: { statuses: { 200: 1 } } })).rejects.toThrow(
      "must be a share under a status from 400 to 599",
    );
  });
});
