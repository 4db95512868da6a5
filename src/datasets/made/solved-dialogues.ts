import type { Example } from "../../domain/records/example.js";
import type { Random } from "../../stats/random.js";
import { solvedDialogue } from "../schemas/longbench-text.js";

/**
 * Gives each dialogue without passages `count` solved examples, drawn from the other dialogues.
 *
 * The draw depends on the seed, the example's id and the file, not on how many examples are asked for.
 */
export function withSolvedDialogues(examples: readonly Example[], count: number, random: Random): Example[] {
  return examples.map((example) => {
    if (example.task !== "dialogue summary" || example.passages.length > 0) return example;
    const drawn = draw(example, examples, count, random.fork(`solved dialogues for ${example.example_id}`));
    const passages = drawn.map(({ input, references }) => ({
      title: null,
      text: solvedDialogue(input, references[0]!),
    }));
    return { ...example, passages };
  });
}

/** Draws without replacement; a dialogue that is in the file twice is never its own solved example. */
function draw(example: Example, examples: readonly Example[], count: number, random: Random): Example[] {
  const tried = new Set<number>();
  const drawn: Example[] = [];
  while (drawn.length < count && tried.size < examples.length) {
    const index = random.int(examples.length);
    if (tried.has(index)) continue;
    tried.add(index);
    if (examples[index]!.input !== example.input) drawn.push(examples[index]!);
  }
  return drawn;
}
