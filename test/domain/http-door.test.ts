import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Caller, splitTarget, whyTurnedAway } from "../../src/domain/http-door.js";
import { serve } from "../../src/engine/serve.js";
import { serveMock } from "../../src/mock/serve-mock.js";
import { rawRequest, statusOf } from "../support/raw-request.js";

const door = { host: "127.0.0.1", allowedHosts: ["engine.test", "10.1.2.3"] };
const caller: Caller = {
  method: "POST",
  host: undefined,
  origin: undefined,
  fetchSite: undefined,
  localAddress: "127.0.0.1",
};
const isIn = (from: Partial<Caller>, at = door) => whyTurnedAway(at, { ...caller, ...from }) === null;

describe("the door of a server", () => {
  it.each([
    ..."localhost localhost:8000 LOCALHOST:1 localhost. a.localhost:80 127.0.0.1 127.1.2.3:5 [::1] [::1]:8000".split(
      " ",
    ),
    ...["[::ffff:127.0.0.1]:9", "engine.test", "Engine.Test.:8000", "10.1.2.3:80", ""],
  ])("lets in who calls it %s", (host) => {
    expect(isIn({ host })).toBe(true);
  });

  it.each([
    ..."evil.test localhost.evil.test 127.0.0.1.evil.test evil.test:8000 10.1.2.4 [::2] 0.0.0.0 127.0.0".split(
      " ",
    ),
    ..."xlocalhost engine.test.evil.test me@localhost localhost:80:80 localhost/x localhost#.evil.test [::1 ::1".split(
      " ",
    ),
    ...["localhost evil.test", "localhost,evil.test", "\u001b]0;x\u0007"],
  ])("turns away who calls it %j", (host) => {
    expect(isIn({ host })).toBe(false);
  });

  it("answers at the address at which a connection came in, whatever it listens at", () => {
    const everywhere = { host: "0.0.0.0", allowedHosts: [] };
    expect(isIn({ host: "192.168.1.7:8000", localAddress: "::ffff:192.168.1.7" }, everywhere)).toBe(true);
    expect(isIn({ host: "evil.test", localAddress: "::ffff:192.168.1.7" }, everywhere)).toBe(false);
    expect(isIn({ host: "my-box:8000" }, { host: "my-box", allowedHosts: [] })).toBe(true);
  });

  it("takes requests of its own pages only", () => {
    const host = "localhost:8000";
    expect(isIn({ host, origin: "http://localhost:8000", fetchSite: "same-origin" })).toBe(true);
    for (const origin of [
      ..."null http://evil.test http://localhost http://localhost:3000 http://127.0.0.1:8000 file://".split(
        " ",
      ),
      ...["", "http://localhost:8000.evil.test", "http://localhost:8000/", "http://localhost:8000, null"],
    ])
      expect(isIn({ host, origin })).toBe(false);
  });

  it("turns away what a page sends without saying its origin, but for following a link", () => {
    for (const fetchSite of ["cross-site", "same-site"]) {
      expect(isIn({ fetchSite })).toBe(false);
      expect(isIn({ fetchSite, method: "GET" })).toBe(true);
    }
    for (const fetchSite of ["none", "same-origin"]) expect(isIn({ fetchSite })).toBe(true);
  });

  it("names the option by which a container's name is allowed, and nothing that a terminal would obey", () => {
    const reason = whyTurnedAway(door, { ...caller, host: "host.docker.internal:8000" });
    expect(reason).toContain('"host.docker.internal": allow that name with --allowed_host');
    expect(whyTurnedAway(door, { ...caller, origin: "http://\u009b31m" })).not.toContain("\u009b");
  });
});

describe("splitTarget", () => {
  it("takes any target apart", () => {
    expect(splitTarget("/v1/models?a=1?b#c")).toEqual({
      host: undefined,
      path: "/v1/models",
      query: "a=1?b",
    });
    expect(splitTarget("http://x:80")).toEqual({ host: "x:80", path: "/", query: "" });
    expect(splitTarget("//x/v1")).toEqual({ host: undefined, path: "//x/v1", query: "" });
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => typeof splitTarget(text).path === "string"),
    );
  });
});

const KINDS = {
  engine: () => serve({ model: "tiny", kvTokens: 1024, allowedHosts: ["engine.test"] }),
  mock: () => serveMock({ chunks: 1, allowedHosts: ["engine.test"] }),
};
for (const [kind, start] of Object.entries(KINDS)) {
  describe(`the ${kind}`, () => {
    let server: { readonly url: string; close(): Promise<void> };
    beforeAll(async () => {
      server = await start();
    }, 60_000);
    afterAll(() => server.close());
    const ask = async (line: string, headers = "host: localhost", body = "") =>
      rawRequest(server.url, `${line} HTTP/1.1\r\n${headers}`, body);
    const CHAT = '{"messages":[{"role":"user","content":"hi"}],"max_tokens":1}';

    it("answers by the names that are its own", async () => {
      for (const host of ["localhost:1", "127.0.0.1", "engine.test:8000"])
        expect(statusOf(await ask("GET /v1/models", `host: ${host}`))).toBe(200);
    });

    it("refuses a name that was rebound, a foreign page and a page without an origin, and gives no page leave", async () => {
      const local = "host: localhost\r\ncontent-type: text/plain";
      for (const headers of [
        "host: evil.test",
        `${local}\r\norigin: http://evil.test`,
        `${local}\r\norigin: null`,
        `${local}\r\norigin: http://evil.test\r\norigin: http://localhost`,
        `${local}\r\norigin: http://localhost\r\norigin: http://evil.test`,
        `${local}\r\nsec-fetch-site: cross-site`,
        `${local}\r\nsec-fetch-site: Cross-Site`,
        `${local}\r\nsec-fetch-site: cross-site\r\nsec-fetch-site: none`,
        `${local}\r\nsec-fetch-site: none\r\nsec-fetch-site: cross-site`,
      ]) {
        for (const line of ["POST /v1/chat/completions", "POST /reset_prefix_cache", "OPTIONS /v1/models"]) {
          const answer = await ask(line, headers, line.startsWith("OPTIONS") ? "" : CHAT);
          expect(statusOf(answer), `${line} ${headers}`).toBe(403);
          expect(answer.toLowerCase()).not.toContain("access-control");
        }
      }
      expect(statusOf(await ask("GET http://evil.test/v1/models"))).toBe(403);
      const twoHosts = await ask("GET /v1/models", "host: localhost\r\nhost: evil.test");
      expect([400, 403]).toContain(statusOf(twoHosts));
      expect(statusOf(await ask("POST /v1/chat/completions", local, CHAT))).toBe(200);
    });

    it("answers every target, and none with a 500", async () => {
      const targets =
        "// /// //x/v1/models //[ /%zz /%00 /v1/models/../x /? /?%zz /constructor /__proto__ * ?".split(" ");
      for (const method of ["GET", "OPTIONS", "POST", "PUT"]) {
        for (const target of [...targets, "http://localhost/", "http://localhost", "http://localhost/%zz"])
          expect([400, 404, 405], `${method} ${target}`).toContain(
            statusOf(await ask(`${method} ${target}`)),
          );
      }
      expect(statusOf(await ask("GET http://localhost/v1/models?x=%zz"))).toBe(200);
      expect([400, 403]).toContain(statusOf(await ask("GET http://[/")));
    });
  });
}
