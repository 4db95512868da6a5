import { whyNotWritten } from "../../disk/written-file.js";
import { withoutKeys } from "../../domain/secrets/named-secrets.js";
import { whatIsKept } from "./kept-log.js";

/** What nobody foresaw, as a sentence: what the system refused, or what is to be reported, with its place in the code. */
export function describeUnexpected(error: unknown): string {
  if (isSystemError(error)) {
    const what = error.path === undefined ? error.syscall : `${error.syscall} of ${error.path}`;
    return `firsttoken can't go on: ${what} failed: ${whyNotWritten(error)}.${whatIsKept()}`;
  }
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const place = placeOf(error);
  return (
    `firsttoken met what it should not have: ${withoutKeys(said).split("\n")[0]}${place === null ? "" : ` (${place})`}.` +
    `${whatIsKept()} Please report this.`
  );
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly syscall: string } {
  return error instanceof Error && "code" in error && "syscall" in error;
}

/** The first place of this package in a stack. */
function placeOf(error: unknown): string | null {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return /\/((?:dist|src)\/[\w/.-]+:\d+):\d+/.exec(stack)?.[1] ?? null;
}
