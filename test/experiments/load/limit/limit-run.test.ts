import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import * as load from "../../../../src/api/load.js";
import * as methods from "../../../../src/api/methods.js";
import * as workloads from "../../../../src/api/workloads.js";
import { connect } from "../../../../src/client/connect.js";
import type { Objectives } from "../../../../src/domain/records/objectives.js";
import { answerWell, type ScriptedServer, scriptedServer } from "../../../support/scripted-server.js";
import { temporaryFolder } from "../../../support/temporary-files.js";

const folder = temporaryFolder();
let logs = 0;
let served: ScriptedServer;
afterEach(() => served.close());

/** The limit of full prefill on a server that says so many of 100 prompt tokens came from its cache. */
async function limitOf(slo: Objectives, cachedOf: (count: number) => number) {
  // Slow, so that a busy client is not its limit.
  served = await scriptedServer((response, { count }) => {
    setTimeout(() => answerWell(response, cachedOf(count)), 500);
  });
  const server = await connect(served.url);
  const { limits } = await load.findLimit({
    methods: { full: methods.fullPrefill(server) },
    ...{ workload: workloads.unique({ promptTokens: 64 }), slo, share: 0.7, between: [20, 40], requests: 8 },
    log: join(folder, `${++logs}.jsonl`),
  });
  server.close();
  return limits.full;
}

it("can't tell a limit from requests that were not what their label says, however fast they were", async () => {
  expect(await limitOf({ ttftSeconds: 60 }, () => 96)).toEqual({
    ...{ kind: "undecided", ratePerSecond: 20, low: null },
  });
});

it("can't tell one from answers that lack the time with an objective", async () => {
  // An answer of one token has no time between tokens.
  expect(await limitOf({ itlSeconds: 60 }, () => 0)).toEqual({
    ...{ kind: "undecided", ratePerSecond: 20, low: null },
  });
});

it("has a limit all the same where such requests decide nothing", async () => {
  expect(await limitOf({ ttftSeconds: 60 }, (count) => (count % 20 === 0 ? 96 : 0))).toEqual({
    ...{ kind: "above", low: 40 },
  });
});
