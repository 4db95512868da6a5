import type { Command } from "commander";
import { OptionError } from "../../domain/errors/errors.js";
import { isObject, type JsonObject, jsonValue } from "../../domain/json.js";

/** What a user adds to every request. */
export interface RequestFlags {
  /** Undefined are the fields to leave out. */
  readonly body?: JsonObject;
  readonly header?: Readonly<Record<string, string>>;
}

/** Adds {@link RequestFlags} to a command. */
export function addRequestFlags(command: Command): Command {
  return command
    .option(
      "--body <json>",
      "further fields of every request, as '{\"top_k\": 1}'; null leaves one out",
      readBody,
    )
    .option(
      "--header <name: value>",
      "a further header of every request, repeatable; its value is never written anywhere",
      readHeader,
    );
}

function readBody(value: string): JsonObject {
  const body = jsonValue(value);
  if (!isObject(body))
    throw new OptionError("--body", "must be a JSON object, as '{\"top_k\": 1}'", "[not shown]");
  return Object.fromEntries(Object.entries(body).map(([name, field]) => [name, field ?? undefined]));
}

/** A value may be a key, so none is shown. */
function readHeader(
  value: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [, name, text] = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/s.exec(value) ?? [];
  if (name === undefined || text === undefined)
    throw new OptionError("--header", 'must be "Name: value"', "[not shown]");
  return { ...before, [name]: text };
}
