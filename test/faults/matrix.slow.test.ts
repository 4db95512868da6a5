import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { freePort } from "../support/free-port.js";
import { BOMBS } from "./bombs.cases.js";
import { DISK } from "./disk.cases.js";
import type { FaultCase, Run, SomeOk } from "./fault-case.js";
import { serveHostility } from "./hostile-server.js";
import { INJECTION } from "./injection.cases.js";
import { broken, outcomes, snapshot } from "./invariants.js";
import { KEPT } from "./kept.cases.js";
import { LIES } from "./lies.cases.js";
import { LIMITS } from "./limits.cases.js";
import { LOGS } from "./logs.cases.js";
import { OPTIONS } from "./options.cases.js";
import { PROCESS } from "./process.cases.js";
import { runCase } from "./run-case.js";
import { SECRETS } from "./secrets.cases.js";
import { SERVER } from "./server.cases.js";

const MATRIX: Readonly<Record<string, readonly FaultCase[]>> = {
  server: SERVER,
  disk: DISK,
  kept: KEPT,
  limits: LIMITS,
  logs: LOGS,
  options: OPTIONS,
  process: PROCESS,
  secrets: SECRETS,
  injection: INJECTION,
  bombs: BOMBS,
  lies: LIES,
};
const all = Object.values(MATRIX).flat();
const FEWEST = 200;

const begun = performance.now();
afterAll(() => {
  const counts = Object.entries(MATRIX).map(([subject, cases]) => `${subject} ${cases.length}`);
  const seconds = Math.round((performance.now() - begun) / 1_000);
  process.stdout.write(`Faults: ${all.length} cases (${counts.join(", ")}), in ${seconds} s.\n`);
});

/** Sees one case through: its server, its folder, its commands, and what must hold after each of them. */
async function seeThrough({
  server: hostility = {},
  prepare,
  meanwhile,
  next,
  ...fault
}: FaultCase): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "fault-"));
  const server = hostility === "refuses" ? null : await serveHostility(hostility);
  const origin = server?.origin ?? `http://127.0.0.1:${await freePort()}`;
  const place = { folder, origin, base: `${origin}/v1` };
  const see = async (run: Run): Promise<void> => {
    const before = snapshot(folder);
    const ended = await runCase(run, place, server, fault.limitSeconds ?? 30);
    const said = `${ended.stdout}\n${ended.stderr}`;
    const unsaid = (run.says ?? []).filter((text) =>
      typeof text === "string" ? !said.includes(text) : !text.test(said),
    );
    const log = outcomes(ended.log);
    const found = {
      exit: ended.exit,
      log: asStated(log, run.log),
      broken: broken(ended, before, run.log),
      unsaid,
    };
    expect(found, said).toEqual({ exit: run.exit, log: run.log, broken: [], unsaid: [] });
    await run.holds?.(ended);
  };
  try {
    prepare?.(place);
    await see(fault);
    meanwhile?.(place);
    if (next !== undefined) await see(next);
  } finally {
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What was found, or what was stated where that leaves room for it. */
function asStated(found: ReturnType<typeof outcomes>, stated: Run["log"]): unknown {
  if (stated === "unread") return stated;
  if (found === null) return Array.isArray(stated) && stated.length === 0 ? stated : null;
  if (stated === null || Array.isArray(stated) || typeof found === "string") return found;
  const { least, most } = stated as SomeOk;
  const isStated =
    found.length >= least && found.length <= most && found.every((outcome) => outcome === "ok");
  return isStated ? stated : found;
}

describe.each(
  Object.entries(MATRIX).filter(([, cases]) => cases.length > 0),
)("faults of the subject %s", (_, cases) => {
  for (const fault of cases) {
    const how = fault.alone ? it : it.concurrent;
    (fault.awaits === undefined ? how : how.fails)(fault.name, () => seeThrough(fault));
  }
});

describe("the matrix", () => {
  it(`has at least ${FEWEST} cases, each with a name of its own`, () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(all.length).toBeGreaterThanOrEqual(FEWEST);
  });
});
