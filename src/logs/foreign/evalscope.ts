import { jsonValue } from "../../domain/json.js";
import {
  endedWell,
  failed,
  hasKeys,
  listOf,
  loadLine,
  meanOf,
  numberOf,
  objectOf,
  startOf,
  textOf,
  timeOf,
} from "./fields.js";
import type { ForeignLine, ForeignTool } from "./foreign-result.js";
import { ANY_OUTPUT } from "./ttft-definitions.js";

const COLUMNS = ["request", "start_time", "success", "first_chunk_latency", "latency", "completed_time"];

/** evalscope perf's `benchmark_data.db`, an SQLite database with a table `result` (evalscope 1.14.1). */
export const EVALSCOPE: ForeignTool = {
  name: "evalscope perf",
  form: "sqlite",
  marks: COLUMNS,
  isOwn: (value) => hasKeys(value, COLUMNS),
  read: (rows) => {
    const started = rows.map(({ value }) => numberOf(objectOf(value).start_time) ?? Number.POSITIVE_INFINITY);
    const order = [...rows.keys()].sort((a, b) => started[a]! - started[b]! || a - b);
    return {
      version: null,
      definition: ANY_OUTPUT,
      kind: "load",
      lines: order.map((row, index) => lineOf(rows[row]!.value, row + 1, index + 1)),
      totals: [],
      leftOut: [],
    };
  },
};

function lineOf(value: unknown, row: number, run_index: number): ForeignLine {
  const told = objectOf(value);
  const isOk = told.success === 1;
  const gaps = listOf(jsonValue(textOf(told.inter_token_latencies) ?? "[]")).flatMap(
    (gap) => numberOf(gap) ?? [],
  );
  const isStream = told.is_stream !== 0;
  return {
    where: `row ${row}`,
    line: loadLine({
      run_index,
      ttft_seconds: isOk && isStream ? timeOf(told.first_chunk_latency) : null,
      model: textOf(objectOf(jsonValue(textOf(told.request) ?? "")).model),
      e2e_seconds: isOk ? timeOf(told.latency) : null,
      itl_seconds: isOk ? meanOf(gaps) : null,
      tpot_seconds: isOk && isStream ? timeOf(told.time_per_output_token) : null,
      prompt_tokens: numberOf(told.prompt_tokens),
      output_tokens: isOk ? numberOf(told.completion_tokens) : null,
      gaps_seconds: isOk && gaps.length > 0 ? gaps : null,
      started_at: startOf(numberOf(told.start_time)),
      ...(isOk ? endedWell : failed(null)),
    }),
  };
}
