import type { FirstToken } from "../../domain/records/first-token.js";
import { canCheck, type Gated } from "../../domain/records/gate.js";
import type { Objectives } from "../../domain/records/objectives.js";
import type {
  BlendRecord,
  LoadRecord,
  ProxyRecord,
  QualityRecord,
  TtftRecord,
} from "../../domain/records/record-kinds.js";
import type { GateSubject } from "./judge-gates.js";
import { loadSubjects } from "./load-subjects.js";
import { blendSubjects, qualitySubjects } from "./method-subjects.js";
import { promptSubjects } from "./prompt-subjects.js";
import { proxySubjects } from "./proxy-subjects.js";
import { ttftSubjects } from "./ttft-subjects.js";

/** The rows of logs, by kind. */
interface RowsByKind {
  readonly ttft: readonly TtftRecord[];
  readonly blend: readonly BlendRecord[];
  readonly quality: readonly QualityRecord[];
  readonly load: readonly LoadRecord[];
  readonly proxy: readonly ProxyRecord[];
}

/** Which of their times count, and against what. */
interface ReportCounting {
  readonly firstToken: FirstToken;
  readonly showTtft: boolean;
  readonly slo?: Objectives | undefined;
  /** The label that loads are compared with, if they have it. */
  readonly baseline?: string | undefined;
}

/** The rows of all tables of a report for gates: a gate is judged on the rows of each command that has it. */
export function reportSubjects(
  { ttft, blend, quality, load, proxy }: RowsByKind,
  { firstToken, showTtft, slo, baseline }: ReportCounting,
): GateSubject[] {
  const ofLoad = {
    firstToken,
    ...(slo !== undefined && { slo }),
    ...(load.some(({ label }) => label === baseline) && { baseline: baseline! }),
  };
  const sweeps = ttft.filter(({ prompt_kind }) => prompt_kind === null);
  const prompts = ttft.filter(({ prompt_kind }) => prompt_kind !== null);
  return [
    ...judgedAs("ttft", sweeps.length > 0 ? ttftSubjects(sweeps, firstToken) : []),
    ...judgedAs("prompts", prompts.length > 0 ? promptSubjects(prompts, firstToken) : []),
    ...judgedAs("blend", blend.length > 0 ? blendSubjects(blend, firstToken) : []),
    ...judgedAs("quality", quality.length > 0 ? qualitySubjects(quality, { firstToken, showTtft }) : []),
    ...judgedAs("load", load.length > 0 ? loadSubjects(load, ofLoad) : []),
    ...judgedAs("proxy", proxy.length > 0 ? proxySubjects(proxy) : []),
  ];
}

const judgedAs = (command: Gated, subjects: readonly GateSubject[]): GateSubject[] =>
  subjects.map((subject) => ({
    name: subject.name,
    valueOf: (metric) => (canCheck(command, metric) ? subject.valueOf(metric) : undefined),
  }));
