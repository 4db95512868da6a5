import { group, median } from "d3-array";
import { largest } from "../../domain/extremes.js";
import { datasetName } from "../../domain/records/dataset-name.js";
import type { QualityRecord } from "../../domain/records/record-kinds.js";
import { formatCount, formatCounted } from "../../tables/format.js";
import { askedRows, labelOf } from "./asked-rows.js";

const FORMAT_WORDS = {
  chat: "as a chat in the model's template",
  completions: "as a bare prompt",
} as const;

/** Sentences about how the examples were asked: whose wording, and as a chat or bare. None for logs that don't say. */
export function promptNotes(rows: readonly QualityRecord[]): string[] {
  const told = rows.filter(({ wording, format }) => wording != null || format != null);
  const kinds = [...group(told, howAsked)];
  if (kinds.length === 0) return [];
  if (kinds.length === 1 && told.length === rows.length) return [`Prompts were sent ${kinds[0]![0]}.`];
  const where = kinds.map(([how, own]) => `${how} (${[...new Set(own.map(nameOf))].join("; ")})`);
  const untold = told.length === rows.length ? "" : "; the others don't say";
  return [
    `Prompts were sent ${where.join(", and ")}${untold}: scores of different prompts are not comparable.`,
  ];
}

/** Sentences about bundled samples: what they are, the beginning of their digest, and where the dataset itself is. */
export function sampleNotes(rows: readonly QualityRecord[]): string[] {
  const samples = group(
    rows.filter(({ bundled_examples }) => bundled_examples != null),
    datasetName,
  );
  return [...samples].map(([name, own]) => {
    const digests = [...new Set(own.flatMap(({ dataset_sha256 }) => dataset_sha256?.slice(0, 12) ?? []))];
    const digest = digests.length === 0 ? "" : ` (SHA-256 ${digests.join(", ")}…)`;
    const { dataset } = own[0]!;
    return (
      `${name}${digest}: examples written for firsttoken in the form of ${dataset}, not taken from it. ` +
      `To fetch the dataset itself: firsttoken datasets fetch ${dataset}.`
    );
  });
}

/** Sentences about prompts that were longer than the model's context: how many were cut, how many left out. */
export function lengthNotes(rows: readonly QualityRecord[]): string[] {
  const examples = [...group(rows, ({ dataset, example_id }) => `${dataset}\n${example_id}`).values()];
  const asked = examples.map((own) =>
    askedRows(own).flatMap(({ context_cut_tokens }) => context_cut_tokens ?? []),
  );
  const cut = asked.map((tokens) => Math.max(0, largest(tokens))).filter((tokens) => tokens > 0);
  const unequal = asked.filter((tokens) => new Set(tokens).size > 1).length;
  const leftOut = examples.filter((own) => own.some(({ left_out }) => left_out)).length;
  const of = formatCounted(examples.length, "example");
  return [
    ...(cut.length === 0
      ? []
      : [
          `The prompts of ${formatCount(cut.length)} of ${of} were cut to fit the model's context, by a median of ` +
            `${formatCount(median(cut)!)} tokens of context; instruction and question were kept.`,
        ]),
    ...(unequal === 0
      ? []
      : [
          `The prompts of ${formatCounted(unequal, "example")} were cut to different lengths for different methods, as happens when servers with ` +
            "different context limits are measured separately; their scores are not comparable.",
        ]),
    ...(leftOut === 0
      ? []
      : [`Left out because they are too long for the model's context: ${formatCount(leftOut)} of ${of}.`]),
  ];
}

const nameOf = (row: QualityRecord): string => `${datasetName(row)}, ${labelOf(row)}`;

function howAsked({ wording, format, tokenised }: QualityRecord): string {
  const words = wording == null ? "" : `in the wording ${wording}`;
  const how = format == null ? "" : FORMAT_WORDS[format];
  const tokens = tokenised === "pieces" ? "tokenised piece by piece" : "";
  return [words, how, tokens].filter((part) => part !== "").join(", ");
}
