import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Ended, KEY, type Outcome, type Run } from "./fault-case.js";

/** Files and their contents, before a command ran. */
export type Snapshot = ReadonlyMap<string, string>;

/** The files under a folder that can be read to their end. */
export function snapshot(folder: string): Snapshot {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  return new Map(
    files
      .filter((file) => existsSync(file) && statSync(file).isFile())
      .map((file) => [file, readFileSync(file, "latin1")]),
  );
}

/** What must hold whatever happened, each as a sentence where it does not. */
export function broken(ended: Ended, before: Snapshot, stated: Run["log"]): readonly string[] {
  const { stdout, stderr, exit, place } = ended;
  const said = `${stdout}\n${stderr}`;
  const left = [...snapshot(place.folder)].filter(([file, text]) => before.get(file) !== text);
  return [
    exit === "still running" && "it did not end within its limit",
    STACK.test(said) && "it shows a stack trace",
    CONTROL.test(said) && `it writes a control character: ${JSON.stringify(CONTROL.exec(said)![0])}`,
    typeof ended.log === "string" && stated !== "unread" && `its log can't be read: ${ended.log}`,
    ...badOk(ended.log),
    ...[["the output", said] as const, ...left].map(
      ([where, text]) => SECRETS.some((secret) => text.includes(secret)) && `the key stands in ${where}`,
    ),
  ].filter((sentence) => sentence !== false);
}

/** The outcomes that stand in a log. */
export const outcomes = (log: Ended["log"]): readonly Outcome[] | string | null =>
  Array.isArray(log) ? log.map(({ outcome }) => outcome as Outcome) : (log as string | null);

const STACK = /^\s+at \S.*[:(]\d+|node:internal|^Node\.js v\d/m;

/** Control characters but tab and line feed, and what turns text around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
export const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** The key as it is, its halves, and what base64 makes of it, alone or behind a user's name. */
const SECRETS = [
  KEY.slice(0, 16),
  KEY.slice(-12),
  ...[KEY, `x${KEY}`, `xx${KEY}`].map((text) => Buffer.from(text).toString("base64").slice(4, 24)),
];

/** Records that say they ended well and have a reason why not, or no sign of an answer. */
function badOk(log: Ended["log"]): readonly (string | false)[] {
  if (!Array.isArray(log)) return [];
  return log.map(
    ({ outcome, error, first_byte_seconds, e2e_seconds }) =>
      outcome === "ok" &&
      (error !== null || first_byte_seconds === null || e2e_seconds === null) &&
      "a record is ok without having been answered",
  );
}
