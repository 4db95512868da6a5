import { plainText } from "../plain-text.js";
import { withoutKeys } from "../secrets/named-secrets.js";

/**
 * Base of all errors that this package throws on purpose; `instanceof FirstTokenError` distinguishes them from bugs. Messages
 * are safe to print, whatever a server, a file or an option has put into them, and name options as the library does.
 */
export class FirstTokenError extends Error {
  override readonly name: string = "FirstTokenError";

  constructor(message: string, options?: ErrorOptions) {
    super(plainText(inOptions(message)), options);
    written.set(this, message);
  }
}

/** Messages as they were written, with flags and options. */
const written = new WeakMap<FirstTokenError, string>();

/** An error's message as it was written, to be part of another message. */
export const asWritten = (error: FirstTokenError): string => written.get(error) ?? error.message;

/** An error's message as it was written, whatever kind of error it is. */
export const textOf = (error: unknown): string =>
  error instanceof FirstTokenError ? asWritten(error) : (error as Error).message;

/** Changes an error's message, as it was written. */
export function reword(error: FirstTokenError, change: (text: string) => string): FirstTokenError {
  const message = change(asWritten(error));
  written.set(error, message);
  return Object.assign(error, { message: plainText(inOptions(message)) });
}

/** An error's message in the words of the command line: `--resume` where the library says `resume: true`. */
export const messageInFlags = (error: FirstTokenError): string => plainText(inFlags(asWritten(error)));

/** An option broke its rule; carries the option, the rule and the value received. */
export class OptionError extends FirstTokenError {
  override readonly name = "OptionError";
  readonly option: string;
  readonly received: unknown;

  constructor(option: string, rule: string, received: unknown) {
    super(`${option} ${rule}; received ${show(received)}.`);
    this.option = option;
    this.received = received;
  }
}

/** The server could not be used at all: unreachable, not in OpenAI's form, or it refused a set-up request. */
export class ServerError extends FirstTokenError {
  override readonly name = "ServerError";
  readonly url: string;
  /** The HTTP status, if there was an answer. */
  readonly status: number | null;

  constructor(message: string, facts: { url: string; status?: number; cause?: unknown }) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.url = facts.url;
    this.status = facts.status ?? null;
  }
}

/** A log already exists, can't be written, or contains a line that is not a record. */
export class LogError extends FirstTokenError {
  override readonly name = "LogError";
  readonly path: string;
  /** The line, from 1, if one line is at fault. */
  readonly line: number | null;

  constructor(message: string, facts: { path: string; line?: number; cause?: unknown }) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.path = facts.path;
    this.line = facts.line ?? null;
  }
}

/** A context document is missing, empty, binary, or not UTF-8. */
export class DocumentError extends FirstTokenError {
  override readonly name = "DocumentError";
  readonly path: string;

  constructor(message: string, facts: { path: string; cause?: unknown }) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.path = facts.path;
  }
}

/** A model's files can't be read, contain something that the engine does not support, or need more memory than available. */
export class ModelError extends FirstTokenError {
  override readonly name = "ModelError";
  readonly path: string;
  /** What is wrong, without the path. */
  readonly why: string;

  constructor(path: string, why: string, cause?: unknown) {
    super(`The model ${path} can't be used: ${why}.`, cause === undefined ? undefined : { cause });
    this.path = path;
    this.why = why;
  }
}

/** JupyterLab or its kernel could not be installed, registered or started. */
export class JupyterError extends FirstTokenError {
  override readonly name = "JupyterError";
}

/** A method can't be run against a server, or did not do what its name says. */
export class MethodRefused extends FirstTokenError {
  override readonly name = "MethodRefused";
  readonly method: string;

  constructor(method: string, reason: string, cause?: unknown) {
    super(`${method} refuses to run: ${reason}`, cause === undefined ? undefined : { cause });
    this.method = method;
  }
}

/** Shows a received value briefly: without keys, strings quoted and cut, at most 80 characters. */
function show(value: unknown): string {
  const plain = withoutKeys(value instanceof Date ? value.toISOString() : String(value));
  const text = typeof value === "string" ? JSON.stringify(plain) : plain;
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/**
 * Texts that name what to change, written once for the command line and for the library: a flag with its option behind it, as in
 * `--resume (resume: true)`, or both in brackets, as in `(--tokenizer, tokenizer)`.
 */
const BEHIND = /(--[a-z][\w-]*(?: [\w./:-]+){0,3})(?: \(|（)([a-z]\w*(?:: [^()（）]*)?)[)）]/g;
const BRACKETED = /\((--[a-z][\w-]*(?: [\w./:-]+)?), ([a-z{](?:[^()]|\(\))*)\)/g;

/**
 * A text in the words of the library.
 *
 * @example inOptions("Continue with --resume (resume: true).") // "Continue with resume: true."
 */
export const inOptions = (text: string): string =>
  text
    .replace(BEHIND, (_, __, option: string) => (option.includes(":") ? option : `\`${option}\``))
    .replace(BRACKETED, "($2)");

/**
 * A text in the words of the command line.
 *
 * @example inFlags("Continue with --resume (resume: true).") // "Continue with --resume."
 */
export const inFlags = (text: string): string => text.replace(BEHIND, "$1").replace(BRACKETED, "($1)");
