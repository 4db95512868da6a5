import type { Chart } from "../../src/charts/chart.js";
import { beside } from "../../src/charts/panels/beside.js";
import { panels } from "../../src/charts/panels/panels.js";
import type { MethodName } from "../../src/domain/records/methods.js";
import type { BlendRecord, QualityRecord } from "../../src/domain/records/record-kinds.js";
import { goodputChart } from "../../src/report/load/goodput-chart.js";
import { loadChart } from "../../src/report/load/load-chart.js";
import { reuseChart } from "../../src/report/load/reuse-chart.js";
import { blendChart } from "../../src/report/methods/blend-chart.js";
import { blendRatioChart } from "../../src/report/methods/blend-ratio-chart.js";
import { divergenceChart } from "../../src/report/methods/divergence-chart.js";
import { qualityChart } from "../../src/report/methods/quality-chart.js";
import { qualityRatioChart } from "../../src/report/methods/quality-ratio-chart.js";
import { promptChart } from "../../src/report/prompts/prompt-chart.js";
import { proxyChart } from "../../src/report/proxy/proxy-chart.js";
import { proxyOverheadChart } from "../../src/report/proxy/proxy-overhead-chart.js";
import { proxyThroughputChart } from "../../src/report/proxy/proxy-throughput-chart.js";
import { ttftChart } from "../../src/report/ttft/ttft-chart.js";
import { fadingReuse, SIMULATED, simulatedLoad } from "./load-rows.js";
import { proxyRows } from "./proxy-rows.js";
import { rows } from "./ttft-rows.js";

/** What the charts of a set show: the labels, at how many places of the axis, and whether anything was measured. */
export interface Shown {
  readonly labels: readonly string[];
  readonly places: number;
  readonly isMeasured: boolean;
}

const METHODS: readonly MethodName[] = ["full_prefill", "prefix_cache", "full_kv_reuse", "cacheblend"];
const lengths = (places: number) => Array.from({ length: places }, (_, i) => 512 * 2 ** i);

const ttftRows = ({ labels, places, isMeasured }: Shown, kind?: (label: string) => string) =>
  labels.flatMap((label, i) =>
    (kind ? [1_000] : lengths(places)).flatMap((context_target) =>
      (["cold", "warm"] as const).flatMap((state) =>
        rows(
          kind ? "server" : label,
          state,
          [1, 1.2, 1.3].map((x) => (x * context_target) / (state === "cold" ? 900 + 99 * i : 99_000)),
          {
            context_target,
            ...(kind && { prompt: label, prompt_kind: kind(label) }),
            ...(!isMeasured && { outcome: "timeout" as const, ttft_seconds: null }),
          },
        ).map((row) => (isMeasured ? row : { ...row, ttft_seconds: null })),
      ),
    ),
  );

const methodRows = ({ labels, isMeasured }: Shown, inputs: readonly number[], ratios: readonly number[]) =>
  labels.flatMap((label, i) =>
    (METHODS[(i + 3) % 4] === "cacheblend" ? ratios : [null]).flatMap((ratio) =>
      inputs.flatMap((input_target) =>
        Array.from({ length: 6 }, (_, example) => ({
          ...{ method: METHODS[(i + 3) % 4]!, recompute_ratio: ratio, model: "tiny" },
          label: ratio === null ? label : `${label} ${100 * ratio}%`,
          ...{ input_target, context_tokens: input_target, chunks: 4, collect_seconds: null },
          ttft_seconds: isMeasured
            ? ((1 + (ratio ?? 1)) * input_target * (1 + example / 20)) / (9_000 + 400 * i)
            : null,
          outcome: isMeasured ? ("ok" as const) : ("timeout" as const),
          ...{ error: isMeasured ? null : "no byte", evidence: "proven" as const },
          ...{ example_id: String(example), dataset: "multihop", metric: "token_f1", concurrency: 1 },
          ...{
            score: isMeasured ? (example % 3 === 0 ? 0.5 : 1) : null,
            kl_nats: isMeasured ? 0.1 * i + 0.01 * example : null,
          },
        })),
      ),
    ),
  );

const loadRows = ({ labels, places, isMeasured }: Shown) => {
  const simulated = simulatedLoad({
    blocks: 2,
    labels: labels.map((label, i) => ({ ...SIMULATED[i % 3]!, label, prefillSeconds: 0.1 + 0.02 * i })),
    ...(!isMeasured && { fields: () => ({ outcome: "timeout" as const, ttft_seconds: null }) }),
  });
  return simulated.filter(({ level }) => level <= places);
};

const proxied = ({ labels, places }: Shown) =>
  labels.flatMap((label, i) =>
    Array.from({ length: places }, (_, n) => 2 ** n).flatMap((concurrency) =>
      (["chat", "stream"] as const).flatMap((mode) =>
        proxyRows({ label, concurrency, mode, blocks: 6, places: 5 }, (_, place) => ({
          direct: { e2e_seconds: 0.1, ttft_seconds: 0.01, block_seconds: 2 / concurrency },
          proxied: {
            e2e_seconds: 0.11 + i / 90 + place / 1e3,
            ttft_seconds: 0.02 + place / 1e3,
            block_seconds: 2.2 / concurrency,
          },
        })),
      ),
    ),
  );

/** Every kind of chart, of rows with these labels. */
export const EVERY_CHART: Readonly<Record<string, (shown: Shown) => Chart>> = {
  "ttft.chart": (shown) => ttftChart(ttftRows(shown)),
  "ttft.prompts.chart": (shown) => promptChart(ttftRows(shown, (label) => label)),
  "blend.chart": (shown) =>
    blendChart(methodRows(shown, lengths(shown.places), [0.15]) as unknown as BlendRecord[]),
  "blend.ratioChart": (shown) =>
    blendRatioChart(methodRows(shown, [2_048], ratiosOf(shown)) as unknown as BlendRecord[]),
  "quality.chart": (shown) => qualityChart(methodRows(shown, [2_048], [0.15]) as unknown as QualityRecord[]),
  "quality.ratioChart": (shown) =>
    qualityRatioChart(methodRows(shown, [2_048], ratiosOf(shown)) as unknown as QualityRecord[]),
  "quality.divergenceChart": (shown) =>
    divergenceChart(methodRows(shown, [2_048], ratiosOf(shown)) as unknown as QualityRecord[]),
  "charts beside each other": (shown) => {
    const own = methodRows(shown, [2_048], ratiosOf(shown));
    return beside("Two charts", [
      qualityRatioChart(own as unknown as QualityRecord[]),
      blendRatioChart(own as unknown as BlendRecord[]),
    ]);
  },
  "load.chart": (shown) => loadChart(loadRows(shown)),
  "load.goodputChart": (shown) => goodputChart(loadRows(shown), { slo: { ttftSeconds: 1 } }),
  "load.reuseChart": ({ labels, isMeasured }) =>
    reuseChart(
      labels.flatMap((label) =>
        fadingReuse().map((row) => ({ ...row, label, ttft_seconds: isMeasured ? row.ttft_seconds : null })),
      ),
    ),
  "proxy.chart": (shown) => proxyChart(shown.isMeasured ? proxied(shown) : []),
  "proxy.overheadChart": (shown) => proxyOverheadChart(shown.isMeasured ? proxied(shown) : []),
  "proxy.throughputChart": (shown) => proxyThroughputChart(shown.isMeasured ? proxied(shown) : []),
  "charts.panels": (shown) => {
    const own = loadRows(shown);
    const models = ["tiny", "a model whose name is longer than its panel is wide"];
    return panels(
      models.flatMap((model) => own.map((row) => ({ ...row, model }))),
      (inside) => loadChart(inside),
      { columns: "model", rows: "method" },
    );
  },
};

const ratiosOf = ({ places }: Shown) => [0.05, 0.15, 0.3, 0.5].slice(0, places);
