import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { firsttokenHere } from "../support/cli-here.js";

describe("firsttoken mock", () => {
  it("shows an example in its help", async () => {
    const { code, stdout } = await firsttokenHere(["mock", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("firsttoken mock 8099");
  });

  it.each([
    [["--fault_status", "429"], /--fault_status.*429=0\.01/],
    [["--fault_status", "200=1"], /a status from 400 to 599/],
    [["--chunk_gap_ms", "soon"], /--chunk_gap_ms.*number of at least 0/],
  ])("refuses %j", async (flags, message) => {
    const { code, stdout, stderr } = await firsttokenHere(["mock", "--port", "0", ...flags]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("says so when the port is in use", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const { code, stderr } = await firsttokenHere(["mock", "--port", String(port)]);
    taken.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`127.0.0.1:${port}: address already in use`);
  });
});
