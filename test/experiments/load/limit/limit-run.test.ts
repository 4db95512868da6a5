import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import * as load from "../../../../src/api/load.js";
import * as methods from "../../../../src/api/methods.js";
import * as workloads from "../../../../src/api/workloads.js";
import { connect } from "../../../../src/client/connect.js";
import { ServerError } from "../../../../src/domain/errors/errors.js";
import type { Objectives } from "../../../../src/domain/records/objectives.js";
import { answerWell, json, type ScriptedServer, scriptedServer } from "../../../support/scripted-server.js";
import { temporaryFolder } from "../../../support/temporary-files.js";

const folder = temporaryFolder();
let logs = 0;
/** The limit of full prefill on a server that says so many of 100 prompt tokens came from its cache. */
async function limitOf(slo: Objectives, cachedOf: (count: number) => number) {
  // Slow, so that a busy client is not its limit.
  const served = await scriptedServer((response, { count }) => {
    setTimeout(() => answerWell(response, cachedOf(count)), 500);
  });
  const server = await connect(served.url);
  const { limits } = await load.findLimit({
    methods: { full: methods.fullPrefill(server) },
    ...{ workload: workloads.unique({ promptTokens: 64 }), slo, share: 0.7, between: [20, 40], requests: 8 },
    log: join(folder, `${++logs}.jsonl`),
  });
  server.close();
  await served.close();
  return limits.full;
}

it.concurrent("can't tell a limit from requests that were not what their label says, however fast they were", async () => {
  expect(await limitOf({ ttftSeconds: 60 }, () => 96)).toEqual({
    ...{ kind: "undecided", ratePerSecond: 20, low: null },
  });
});

it.concurrent("can't tell one from answers that lack the time with an objective", async () => {
  // An answer of one token has no time between tokens.
  expect(await limitOf({ itlSeconds: 60 }, () => 0)).toEqual({
    ...{ kind: "undecided", ratePerSecond: 20, low: null },
  });
});

it.concurrent("has a limit all the same where such requests decide nothing", async () => {
  expect(await limitOf({ ttftSeconds: 60 }, (count) => (count % 20 === 0 ? 96 : 0))).toEqual({
    ...{ kind: "above", low: 40 },
  });
});

let served: ScriptedServer | undefined;
afterEach(() => served?.close());

/** The limit of full prefill on a server that answers short requests, and refuses others from some run on, counted from 0. */
async function limitWhenRefused(status: number, from: number) {
  let runs = 0;
  served = await scriptedServer((response, { body }) => {
    const isShort = JSON.stringify(body).includes("is a name that nobody has");
    if (isShort || runs < from) return answerWell(response);
    json(response, status, { error: { message: "no" } });
  });
  const server = await connect(served.url);
  const log = join(folder, `${++logs}.jsonl`);
  const found = await load
    .findLimit({
      methods: { full: methods.fullPrefill(server) },
      ...{ workload: workloads.unique({ promptTokens: 64 }), slo: { ttftSeconds: 60 }, requests: 8, log },
      ...{ between: [20, 40], resolution: 1, confirmations: 1 },
      onRun: () => {
        runs += 1;
      },
    })
    .catch((error: unknown) => error as Error);
  server.close();
  if (found instanceof Error) throw found;
  return found.limits.full;
}

it("takes a rate at which the server refuses everything as one that does not meet the objectives", async () => {
  for (const status of [429, 503]) {
    const found = await limitWhenRefused(status, 1);
    expect(found).toEqual({ kind: "between", low: 20, high: 40, settled: true });
    await served?.close();
  }
});

it("does not search below a rate at which the server refuses everything, nor at refusals that no load explains", async () => {
  await expect(limitWhenRefused(429, 0)).rejects.toThrow(
    /HTTP 429.*Already 20 requests a second, the lowest/,
  );
  await served?.close();
  await expect(limitWhenRefused(429, 0)).rejects.toThrow(ServerError);
  await served?.close();
  for (const from of [0, 1]) {
    await expect(limitWhenRefused(401, from)).rejects.toThrow("HTTP 401");
    await served?.close();
  }
});
