import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../src/client/connect.js";
import {
  chunk,
  DONE,
  delta,
  LAST_CHUNK,
  type ScriptedServer,
  STREAM_HEAD,
  serveChat,
  serveScript,
} from "./scripted-server.js";

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/client/${name}`, import.meta.url), "utf8");
const cert = fixture("tls-cert.pem");
const key = fixture("tls-key.pem");

let scripted: ScriptedServer;
afterEach(() => scripted.close());

const steps = [STREAM_HEAD, 20, chunk(delta({ content: "Hi" })), 20, chunk(DONE), LAST_CHUNK];
const ask = { messages: [{ role: "user", content: "Hi" }] } as const;

describe("https", () => {
  it.each(["127.0.0.1", "localhost"])("is timed as http is, with a trusted certificate (%s)", {
    retry: 2,
  }, async (host) => {
    scripted = await serveChat(() => steps, { cert, key });
    const server = await connect(scripted.url.replace("127.0.0.1", host), { ca: cert });
    const [one, two] = await Promise.all([server.chat(ask), server.chat(ask)]);
    for (const chat of [one, two]) expect(chat).toMatchObject({ outcome: "ok", text: "Hi" });
    expect(one.ttft_seconds).toBeGreaterThan(one.first_byte_seconds! + 0.018);
    expect(Math.max(one.connect_seconds!, two.connect_seconds!)).toBeGreaterThan(0);
    expect((await server.chat(ask)).connect_seconds).toBe(0);
    server.close();
  });

  it("carries a long answer whole", async () => {
    const long = Array.from({ length: 2000 }, (_, i) => delta({ content: `${i} ` }));
    scripted = await serveChat(() => [STREAM_HEAD + chunk(long.join("")), chunk(DONE), LAST_CHUNK], {
      cert,
      key,
    });
    const server = await connect(scripted.url, { ca: cert });
    const { text, outcome } = await server.chat({
      messages: [{ role: "user", content: "x".repeat(1_000_000) }],
    });
    expect(outcome).toBe("ok");
    expect(text).toBe(Array.from({ length: 2000 }, (_, i) => `${i} `).join(""));
    server.close();
  });

  it("is refused in one sentence when the certificate is not trusted", async () => {
    scripted = await serveChat(() => steps, { cert, key });
    await expect(connect(scripted.url)).rejects.toThrow(
      `The certificate of ${scripted.url} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT): pass its authority as \`ca\`, or name the file in NODE_EXTRA_CA_CERTS.`,
    );
  });

  it("meant for a port that speaks plain http is refused in one sentence", async () => {
    scripted = await serveChat(() => steps);
    // A server that answers what it can't read, as HTTP servers do.
    const { createServer } = await import("node:http");
    const plain = createServer((_, response) => response.end("{}"));
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const { port } = plain.address() as { port: number };
    await expect(connect(`https://127.0.0.1:${port}`)).rejects.toThrow(
      `Port ${port} of 127.0.0.1 does not answer TLS (ERR_SSL_WRONG_VERSION_NUMBER): if the server speaks plain HTTP, use http://127.0.0.1:${port}.`,
    );
    plain.close();
  });

  it("is named when http was meant for a port that speaks TLS", async () => {
    scripted = await serveChat(() => steps, { cert, key });
    const http = scripted.url.replace("https:", "http:");
    await expect(connect(http)).rejects.toThrow(
      `${http} closed the connection without an answer: check the server's log, and whether it wants ${scripted.url}.`,
    );
  });

  it("is named for certain when that port answers with a TLS alert", async () => {
    scripted = await serveScript(() => [Buffer.from([21, 3, 1, 0, 2, 2, 22]), "CLOSE"]);
    await expect(connect(scripted.url)).rejects.toThrow(
      `${scripted.url} speaks TLS: use ${scripted.url.replace("http:", "https:")}.`,
    );
  });
});
