import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { fileInputs } from "./file-inputs.js";

const IN_TURN = fileURLToPath(new URL("../support/commands-in-turn.mjs", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "no-file-"));
const pipe = join(folder, "pipe");
spawnSync("mkfifo", [pipe]);
afterAll(() => rmSync(folder, { recursive: true }));

it("no command waits for a standard input on which nothing comes", () => {
  const commands = Object.values(fileInputs(folder)).map((argv) => argv("/dev/stdin"));
  const silence = openSync(pipe, "r+");
  const { stdout } = spawnSync(process.execPath, [IN_TURN, JSON.stringify(commands)], {
    stdio: [silence, "pipe", "inherit"],
    encoding: "utf8",
    timeout: 50_000,
  });
  closeSync(silence);
  const ended = JSON.parse(stdout) as readonly { readonly code: number; readonly said: string }[];
  expect(ended).toHaveLength(commands.length);
  for (const { code, said } of ended) {
    expect([1, 2]).toContain(code);
    expect(said).toContain("it is a pipe, not a file");
  }
});
