import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import * as proxy from "../../src/api/proxy.js";
import type { ProxyRecord } from "../../src/domain/records/record-kinds.js";
import { openRunLog } from "../../src/logs/files/run-log.js";
import { parseProxyRecord } from "../../src/logs/records/record-lines.js";
import { random } from "../../src/stats/random.js";

const folder = mkdtempSync(join(tmpdir(), "million-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("a pair of blocks of half a million requests each is written, read and tabled", async () => {
  const draw = random(1);
  const each = 500_000;
  const rows = (["direct", "proxied"] as const).flatMap((target) =>
    Array.from({ length: each }, (_, index) =>
      parseProxyRecord({
        ...{ run_index: index + 1, target, mode: "chat", concurrency: 100, outcome: "ok" },
        e2e_seconds: (target === "direct" ? 0.01 : 0.03) + draw() / 1_000,
        ...{ label: "p", model: "m", repeat: 1, block: 1, block_seconds: 10, client_cpu: 0.5 },
      }),
    ),
  );
  const log = openRunLog<ProxyRecord>(join(folder, "log.jsonl"), {}, parseProxyRecord);
  log.appendAll(rows);
  log.close();
  const read = await proxy.read(log.path);
  expect(read).toHaveLength(2 * each);
  const [row] = proxy.table(read).rows;
  expect(row!.direct_n).toBe(each);
  expect(row!.overhead_seconds).toBeCloseTo(0.02, 4);
}, 600_000);
