import { type LogOrigin, OWN_DEFINITION } from "../domain/records/log-origin.js";

/** How a row's TTFT is defined: where it was measured, and up to what. */
type Defined = Partial<Pick<LogOrigin, "source_tool" | "ttft_definition">> & {
  readonly label: string | null;
};

/**
 * The first note of a table whose rows define TTFT differently, as several tools do; nothing if all agree.
 *
 * @example ttftDefinitionNote(rows) // ["These tools define TTFT differently: firsttoken counts to the first non-empty content (A); …"]
 */
export function ttftDefinitionNote(rows: readonly Defined[]): string[] {
  const labelsOf = new Map<string, Set<string>>();
  for (const { label, source_tool, ttft_definition } of rows) {
    const said = `${source_tool ?? "firsttoken"} counts to ${ttft_definition ?? OWN_DEFINITION}`;
    const labels = labelsOf.get(said) ?? new Set<string>();
    if (labels.size === 0) labelsOf.set(said, labels);
    labels.add(label ?? "unlabelled");
  }
  const definitions = new Set(rows.map(({ ttft_definition }) => ttft_definition ?? OWN_DEFINITION));
  if (definitions.size < 2) return [];
  const told = [...labelsOf].map(([said, labels]) => `${said} (${[...labels].join(", ")})`);
  return [
    `These tools define TTFT differently, so differences in TTFT and in times between tokens are not due to the servers alone: ${told.join("; ")}.`,
  ];
}
