import { setOwn } from "../../domain/json.js";

/** One line of a scrape: a series and its value. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?/sy;
const REST = /\s*([^\s]+)(?:\s+[+-]?[\d.eE+-]+)?(?:\s+#.*)?\s*$/y;

/**
 * Reads Prometheus' text format 0.0.4, and OpenMetrics as far as counters and histograms go.
 *
 * A line in neither format is left out: a scrape with one bad line still has its other series.
 *
 * Source: prometheus.io/docs/instrumenting/exposition_formats.
 *
 * @example parsePrometheus('hits_total{model="a"} 12') // [{ name: "hits_total", labels: { model: "a" }, value: 12 }]
 */
export function parsePrometheus(text: string): readonly Sample[] {
  return text.split("\n").flatMap((line) => readSample(line.trim()) ?? []);
}

function readSample(line: string): Sample | null {
  if (line === "" || line.startsWith("#")) return null;
  NAME.lastIndex = 0;
  const name = NAME.exec(line)?.[0];
  if (name === undefined) return null;
  let at = name.length;
  const labels: Record<string, string> = {};
  while (line[at] === " ") at += 1;
  if (line[at] === "{") {
    at += 1;
    LABEL.lastIndex = at;
    for (let label = LABEL.exec(line); label !== null; label = LABEL.exec(line)) {
      setOwn(labels, label[1]!, unescapeLabel(label[2]!));
      at = LABEL.lastIndex;
    }
    while (line[at] === " ") at += 1;
    if (line[at] !== "}") return null;
    at += 1;
  } else if (at === name.length) return null;
  REST.lastIndex = at;
  const rest = REST.exec(line);
  const value = rest === null ? null : readValue(rest[1]!);
  return value === null ? null : { name, labels, value };
}

function readValue(text: string): number | null {
  if (/^\+?inf(inity)?$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-inf(inity)?$/i.test(text)) return Number.NEGATIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
}

const unescapeLabel = (value: string): string =>
  value.replace(/\\(.)/gs, (_all, character: string) => (character === "n" ? "\n" : character));

/** The sum of a name's samples with these labels; null if there are none. */
export function sumOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | null {
  const wanted = Object.entries(labels);
  let sum: number | null = null;
  for (const sample of samples) {
    if (sample.name !== name || wanted.some(([label, value]) => sample.labels[label] !== value)) continue;
    sum = (sum ?? 0) + sample.value;
  }
  return sum;
}

const keyOf = ({ name, labels }: Sample): string => JSON.stringify([name, Object.entries(labels).sort()]);

/** Whether any sample with one of these names went back between two scrapes, or is there no more: no counter that goes on does. */
export function anyFell(
  names: ReadonlySet<string>,
  before: readonly Sample[],
  after: readonly Sample[],
): boolean {
  const now = new Map(after.map((sample) => [keyOf(sample), sample.value]));
  return before.some((sample) => names.has(sample.name) && !((now.get(keyOf(sample)) ?? -1) >= sample.value));
}

/**
 * The samples of one model, where a server that has several labels them by `model_name`; all, where none has its name, as where it
 * is asked for by another.
 */
export function ofModel(samples: readonly Sample[], model: string): readonly Sample[] {
  const named = new Set(samples.flatMap(({ name, labels }) => (labels.model_name === model ? [name] : [])));
  return samples.filter(
    ({ name, labels }) => !named.has(name) || labels.model_name === undefined || labels.model_name === model,
  );
}
