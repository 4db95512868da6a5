import { z } from "zod";
import type { Task } from "../../domain/records/example.js";
import { dialogueOf } from "./longbench-text.js";
import { hasKeys, type Schema, shaped, usable } from "./schema.js";

const shape = z.object({
  question: z.string(),
  ctxs: z.array(z.object({ title: z.string().nullish(), text: z.string() })),
  answers: z.array(z.union([z.string(), z.array(z.string()).min(1)])),
});

/**
 * The inputs of the CacheBlend repository: `ctxs` of `{ title, text }`, a `question` and `answers`.
 *
 * The form does not name the dataset. In that repository a question that begins with `Dialogue:` is SAMSum's, and answers
 * that are lists are 2WikiMultihopQA's (`[["Paris"]]`, whose first element is scored) while answers that are strings are
 * MuSiQue's; `told` overrides this.
 *
 * @param tasks the task of a dataset by name.
 * Source: github.com/YaoJiayi/CacheBlend @55ad026, `example/blend_wikimqa.py`, `blend_musique.py`, `blend_samsum.py`.
 */
export const cacheBlendInputs = (tasks: Readonly<Record<string, Task>>): Schema => ({
  name: "CacheBlend's inputs",
  recognises: (item) => hasKeys(item, "ctxs", "question", "answers"),
  read: (item, number, told) => {
    const { question, ctxs, answers } = shaped(shape, item);
    const dataset = told ?? recognised(question, answers);
    const task = tasks[dataset]!;
    return usable({
      example_id: `${dataset}-${number}`,
      dataset,
      task,
      passages: ctxs.map(({ title, text }) => ({ title: title || null, text })),
      references: answers.map((answer) => (typeof answer === "string" ? answer : answer[0]!)),
      input: inputOf(task, question),
    });
  },
});

function recognised(question: string, answers: z.infer<typeof shape>["answers"]): string {
  if (/^\s*Dialogue:/.test(question)) return "samsum";
  return Array.isArray(answers[0]) ? "2wikimqa" : "musique";
}

function inputOf(task: Task, question: string): string {
  if (task === "news summary") return "";
  return task === "dialogue summary" ? dialogueOf(question) : question.trim();
}
