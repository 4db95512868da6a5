import { plainLine } from "../../domain/plain-text.js";

/** A line that says how many of a model's weights are rounded though its file has them in more bits; empty where none are. */
export function roundingNote({
  model,
  roundedShare,
}: {
  readonly model: string;
  readonly roundedShare: number;
}): string {
  if (roundedShare === 0) return "";
  const percent = Math.max(0.1, roundedShare * 100).toFixed(1);
  return `${percent} % of the weights of ${plainLine(model)} are rounded to 8 bits; serve --compute f32 rounds none.\n`;
}
