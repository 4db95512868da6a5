import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { gitRevision } from "../../src/proxies/litellm.js";

const git = (folder: string, ...args: string[]) =>
  spawnSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.c", ...args], {
    cwd: folder,
    encoding: "utf8",
  });

it("says which commit is checked out, and unknown where there is none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "revision-"));
  expect(await gitRevision(folder)).toBe("unknown");
  expect(await gitRevision(join(folder, "nowhere"))).toBe("unknown");
  git(folder, "init", "-q");
  expect(await gitRevision(folder)).toBe("unknown");
  git(folder, "commit", "-q", "--allow-empty", "-m", "first");
  const { stdout } = git(folder, "rev-parse", "HEAD");
  const revision = await gitRevision(folder);
  expect(revision.length).toBeGreaterThanOrEqual(7);
  expect(stdout.startsWith(revision)).toBe(true);
});
