/** The task of an example, which decides the prompt and the metric. */
export type Task = "question answering" | "story question" | "needle" | "dialogue summary" | "news summary";

/** A piece of context that can be cached separately: a passage, a solved example dialogue, a news article. */
export interface Passage {
  readonly title: string | null;
  readonly text: string;
}

/** One example of a dataset, independent of its file's form. */
export interface Example {
  readonly example_id: string;
  /** The name of its dataset; of examples of your own, a name of your own. */
  readonly dataset: string;
  readonly task: Task;
  readonly passages: readonly Passage[];
  /** The question, or the dialogue to summarise; empty for a news summary, which has only its passages. */
  readonly input: string;
  /** The right answers, at least one, of which any counts. */
  readonly references: readonly string[];
  /** The ids of its passages, if they were retrieved for it, best first. */
  readonly retrieved?: readonly string[];
  /** The SHA-256 of the file it was read from, in hexadecimal digits; not set for generated examples. */
  readonly dataset_sha256?: string;
  /** How many examples that file has, if it is a bundled sample: examples of the same form, not of the dataset itself. */
  readonly bundled_examples?: number;
}
