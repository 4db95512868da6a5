import { fork } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";

const HERE = { port: 0, host: "127.0.0.1", allowedHosts: [] };
const CHILDREN = {
  mock: { ...HERE, firstTokenDelaySeconds: 0, chunks: 1, chunkGapSeconds: 0, jitter: 0, faults: {}, seed: 1 },
  engine: { ...HERE, model: "tiny" },
};

describe("a server's process", () => {
  it.each(
    Object.entries(CHILDREN),
  )("of the %s ends where its parent is gone before it has begun", async (name, options) => {
    const child = fork(new URL(`../../dist/${name}/child.js`, import.meta.url), [JSON.stringify(options)], {
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.disconnect();
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });
});
