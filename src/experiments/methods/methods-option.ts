import { z } from "zod";
import { mapOf } from "../../domain/errors/options.js";
import { choiceOf } from "../../domain/records/methods.js";
import type { Method } from "../../methods/request/method.js";
import type { Joining } from "../../methods/request/prompt-ids.js";

/** Methods by the labels they are compared under. */
export type Methods<L extends string = string> = { readonly [label in L]: Method };

/** The schema of a map of methods. */
export const methodsField = mapOf(
  z.custom<Method>(
    (value) => typeof (value as Method | null)?.ask === "function",
    "must be a method from methods",
  ),
  "must map labels to methods",
).refine((methods) => Object.keys(methods).length > 0, "must name at least one method");

/** Methods by label, as the manifest of a log describes them. */
export const describeMethods = (methods: Methods) =>
  Object.fromEntries(
    Object.entries(methods).map(([label, { name, setting, server }]) => [
      label,
      {
        method: name,
        recompute_ratio: setting.recompute_ratio,
        ...(choiceOf(setting) !== null && { choice: choiceOf(setting) }),
        server: server.url,
        model: server.model,
      },
    ]),
  );

/** How the servers of methods were said to keep chunks apart, by label; null where nothing was said of any. */
export function describeJoining(methods: Methods): Readonly<Record<string, Joining>> | null {
  const given = Object.entries(methods).flatMap(([label, { givenJoining }]) =>
    givenJoining === null ? [] : [[label, givenJoining] as const],
  );
  return given.length === 0 ? null : Object.fromEntries(given);
}

/** The columns that assign a row of a label to its method; for an unknown label, the known labels. */
export function columnsOf(methods: Methods, label: string | null): Readonly<Record<string, unknown>> {
  const method = label !== null && Object.hasOwn(methods, label) ? methods[label] : undefined;
  if (method === undefined) return { label: Object.keys(methods).join(", ") };
  return { method: method.name, ...method.setting, model: method.server.model };
}
