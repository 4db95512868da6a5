import * as engine from "../../api/engine.js";
import { plainLine } from "../../domain/plain-text.js";
import type { Console } from "../screen/console.js";

/** Starts the embedded engine with one of its models; null if it has none of that name. */
export async function startEngine(
  model: string,
  { err }: Pick<Console, "err">,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<typeof engine.serve>> | null> {
  if (!engine.knows(model)) return null;
  err.write(`Starting the embedded engine with ${model}; --api_base asks another server for it.\n`);
  const serving = await engine.serve({ model, signal });
  err.write(roundingNote(serving));
  return serving;
}

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
