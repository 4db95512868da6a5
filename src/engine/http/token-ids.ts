import type { ModelTokenizer } from "../model/model-tokenizer.js";
import { ApiError } from "./api-error.js";

/** @throws ApiError 400 for the first that is no id of the vocabulary. */
export function requireIds(
  field: string,
  ids: readonly number[],
  { ids: size }: Pick<ModelTokenizer, "ids">,
): void {
  const at = ids.findIndex((id) => !(Number.isSafeInteger(id) && id >= 0 && id < size));
  if (at < 0) return;
  throw new ApiError(
    400,
    `${field}.${at}: token id ${ids[at]} is not a whole number from 0 and below the vocabulary's size, ${size}.`,
  );
}
