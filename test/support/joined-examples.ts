import type { Example } from "../../src/domain/records/example.js";

/** Texts end with a line break, which byte-level BPE joins with those of the next piece. */
export const dialogue: Example = {
  example_id: "d",
  dataset: "samsum",
  task: "dialogue summary",
  passages: ["A: hi\nSummary: A greets.\n", "B: bye\nSummary: B leaves.\n"].map((text) => ({
    title: null,
    text: `Dialogue: ${text}`,
  })),
  input: "C: where is everybody?\nD: at the harbour",
  references: ["They are at the harbour."],
};
export const question: Example = {
  ...dialogue,
  example_id: "q",
  dataset: "2wikimqa",
  task: "question answering",
  passages: [
    { title: "Pell", text: "A town of 1984, by the sea." },
    { title: "佩尔", text: "一条河 🦊 in Orr.\n" },
  ],
  input: "Where is Pell?",
};
