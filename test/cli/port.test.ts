import { expect, it } from "vitest";
import { firsttokenHere } from "../support/cli-here.js";
import { freePort } from "../support/free-port.js";

const COMMANDS = ["ttft", "sweep", "prompts", "blend", "quality", "load", "doctor"];

it.each(COMMANDS)("%s takes a port for a server on this machine", async (command) => {
  const port = String(await freePort());
  const { code, stderr } = await firsttokenHere([command, port]);
  expect(code).toBe(1);
  expect(stderr).toContain(`Nothing listens at http://localhost:${port} `);
});

it.each(COMMANDS)("%s refuses a port that is none, and one beside an address", async (command) => {
  const none = await firsttokenHere([command, "70000"]);
  expect(none.stderr).toContain("70000");
  const address = await firsttokenHere([command, "localhost:8000"]);
  expect(address.stderr).toContain("It must be a port on this machine; an address is for --api_base.");
  const flag = await firsttokenHere([command, "--", "--help"]);
  expect(flag.stderr).toContain("65535");
  const both = await firsttokenHere([command, "8000", "--api_base", "http://localhost:9/v1"]);
  expect(both.stderr).toContain("give either a port or --api_base, not both");
  expect([none.code, both.code]).toEqual([2, 2]);
});
