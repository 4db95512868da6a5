import type { MethodName } from "../../domain/records/words.js";

interface LabelledMethod {
  readonly label: string | null;
  readonly method: MethodName;
}

/** What a row of a method comparison is called. */
export const labelOf = ({ label, method }: LabelledMethod): string => label ?? method;
