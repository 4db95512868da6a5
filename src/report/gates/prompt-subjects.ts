import type { FirstToken } from "../../domain/records/first-token.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import { promptLines } from "../prompts/prompt-table.js";
import type { GateSubject } from "./judge-gates.js";
import { subjectsOf } from "./ttft-subjects.js";

/** The rows of a prompt table for gates. */
export function promptSubjects(rows: readonly TtftRecord[], firstToken: FirstToken): GateSubject[] {
  return promptLines(rows, { includeContradicted: false, firstToken }).flatMap(({ data, cell }) => {
    const prompt = data.prompt_kind ?? data.prompt;
    return subjectsOf(data.label === null ? prompt : `${data.label}, ${prompt}`, cell, firstToken);
  });
}
