import { describe, expect, it } from "vitest";
import { runLoad } from "../../src/load/run-load.js";
import { parseEndpoint } from "../../src/wire/endpoint.js";

const GOOD = {
  url: "http://127.0.0.1:1",
  apiKey: "sk-1234",
  mode: "chat",
  body: {},
  requests: 10,
  arrivals: { kind: "closed", concurrency: 2 },
  timeoutSeconds: 5,
};

describe("a plan", () => {
  const broken: [object, RegExp][] = [
    [{ url: "nonsense" }, /^server must be a URL/],
    [{ apiKey: "sk\n1234" }, /^apiKey must be printable ASCII text; received "\[not shown\]"/],
    [{ mode: "both" }, /^mode must be "chat" or "stream"; received "both"/],
    [{ body: { stream: true } }, /^body must not set stream: the load/],
    [{ requests: 0 }, /^requests must be a whole number from 1 to 100000000; received 0/],
    [
      { arrivals: { kind: "closed", concurrency: 1025 } },
      /^arrivals\.concurrency .* from 1 to 1024; received 1025/,
    ],
    [{ arrivals: { kind: "ramp" } }, /^arrivals.* must have the kind "closed", "open" or "schedule"/],
    [
      { arrivals: { kind: "open", ratePerSecond: 0, spacing: "constant", seed: 1 } },
      /^arrivals\.ratePerSecond must be a rate a second above 0/,
    ],
    [
      { arrivals: { kind: "open", ratePerSecond: 1, spacing: "even", seed: 1 } },
      /^arrivals\.spacing must be "constant" or "poisson"/,
    ],
    [
      { arrivals: { kind: "open", ratePerSecond: 1, spacing: "poisson", seed: Number.NaN } },
      /^arrivals\.seed must be a/,
    ],
    [
      { arrivals: { kind: "schedule", startsAtSeconds: [0, 1, 0.5] } },
      /^arrivals\.startsAtSeconds must be a list/,
    ],
    [
      { arrivals: { kind: "schedule", startsAtSeconds: [-1, 1] } },
      /^arrivals\.startsAtSeconds must be a list/,
    ],
    [{ arrivals: { kind: "schedule", startsAtSeconds: [Number.NaN] } }, /no less than the one before/],
    [
      { arrivals: { kind: "schedule", startsAtSeconds: [0, 1] } },
      /^arrivals\.startsAtSeconds must have a start for each of the 10 requests; received 2/,
    ],
    [{ recordGaps: 1 }, /^recordGaps must be true or false/],
    [{ posts: [] }, /^posts must be a list of prepared requests, one at least/],
    [{ timeoutSeconds: 0 }, /^timeoutSeconds must be a number of seconds above 0/],
    [{ threads: 1.5 }, /^threads must be a whole number from 0 to 64; received 1\.5/],
    [{ speed: 1 }, /^option speed is not known here/],
  ];
  it.each(broken)("is refused with %o", async (part, message) => {
    await expect(runLoad({ ...GOOD, ...part } as never)).rejects.toThrow(message);
  });

  const post = (url: string, bytes = 8) => ({
    endpoint: parseEndpoint(url),
    bytes: new Uint8Array(bytes),
    secrets: [],
  });
  const { url: _url, apiKey: _key, body: _body, requests: _requests, ...REST } = GOOD;
  const mixed: [object, RegExp][] = [
    [
      { posts: [post("http://a"), post("http://b")] },
      /^posts must all go to one server, http:\/\/a\/v1; received "http:\/\/b\/v1"/,
    ],
    [{ posts: [post("http://a", 0)] }, /^posts must be a list of prepared requests/],
    [{ posts: [{}] }, /^posts must be a list of prepared requests/],
    [{ posts: [post("http://a")], requests: 3 }, /^option requests is not known here/],
    [{ posts: [post("http://a")], url: "http://a" }, /^option url is not known here/],
  ];
  it.each(mixed)("of requests of their own is refused with %o", async (part, message) => {
    await expect(runLoad({ ...REST, ...part } as never)).rejects.toThrow(message);
  });
});
