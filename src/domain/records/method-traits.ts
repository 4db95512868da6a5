import { choiceOf, type MethodName, type MethodSetting } from "./methods.js";
import type { MethodColumns } from "./record-kinds.js";
import type { Trait } from "./series.js";

type MethodRow = Pick<MethodColumns, keyof MethodSetting> & { readonly method: MethodName | null };

/** A label whose logs differ in these stands for more than one method. */
export const METHOD_TRAITS: readonly Trait<MethodRow>[] = [
  { name: "method", of: ({ method }) => method, silenceCounts: true },
  {
    name: "ratio",
    of: ({ recompute_ratio }) => (recompute_ratio === null ? null : `r = ${recompute_ratio}`),
    silenceCounts: true,
  },
  { name: "choice", of: choiceOf, silenceCounts: true },
];
