import { join } from "node:path";

/** The commands that read a file, by what the file is to them; what they would write is in the folder. */
export const fileInputs = (folder: string): Readonly<Record<string, (path: string) => string[]>> => ({
  "a log": (path) => ["report", path, "--out", join(folder, "page.html")],
  "a log with a label": (path) => ["report", `a=${path}`, "--out", join(folder, "page.html")],
  "a document": (path) => ["ttft", "9", "--context_file", path, "--out", join(folder, "l.jsonl")],
  "a dataset": (path) => ["quality", "--dataset", path, "--out", join(folder, "q.jsonl")],
  prompts: (path) => ["prompts", "--prompts_file", path, "--out", join(folder, "p.jsonl")],
  "a tokenizer": (path) => ["doctor", "--tokenizer", path],
});
