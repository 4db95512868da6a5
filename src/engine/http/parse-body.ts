import type { z } from "zod";
import { ApiError } from "./api-error.js";

/**
 * Parses a body by its schema and checks that it asks for the model that is served, or for none.
 *
 * @throws ApiError 400 that says which field breaks which rule; 404 for another model.
 */
export function parseBody<T extends { model?: string | null | undefined }>(
  schema: z.ZodType<T>,
  body: unknown,
  served: string,
): T {
  const result = schema.safeParse(body);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw new ApiError(400, `${issue.path.join(".") || "The body"}: ${issue.message}.`);
  }
  const { model } = result.data;
  if (model != null && model !== served) {
    throw new ApiError(404, `The model \`${model}\` does not exist; this server has \`${served}\`.`);
  }
  return result.data;
}
