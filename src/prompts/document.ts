import { fileURLToPath } from "node:url";
import { readWhole, whyUnreadable } from "../disk/open-file.js";
import { DocumentError } from "../domain/errors/errors.js";
import type { TokenBudget } from "../domain/records/token-count.js";

/** The guide to ffmpeg that is part of the package. */
export const BUNDLED_DOCUMENT = fileURLToPath(new URL("../../datasets/ffmpeg.txt", import.meta.url));

/**
 * Reads a context document.
 *
 * @throws DocumentError when it is missing, a folder, empty, binary, or not UTF-8.
 */
export function readDocument(path: string): string {
  const text = decode(path, readBytes(path));
  if (text.trim() === "")
    throw new DocumentError(`The document ${path} is empty; give one with text in it.`, { path });
  return text;
}

function readBytes(path: string): Buffer {
  try {
    return readWhole(path);
  } catch (cause) {
    const reason = whyUnreadable(cause, "it is a folder");
    throw new DocumentError(`The document ${path} can't be read: ${reason}.`, { path, cause });
  }
}

function decode(path: string, bytes: Buffer): string {
  if (bytes.includes(0)) {
    throw new DocumentError(`The document ${path} is binary (it holds NUL bytes); give a text file.`, {
      path,
    });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DocumentError(
      `The document ${path} is not UTF-8; convert it first, for example with: iconv -f latin1 -t utf-8.`,
      { path, cause },
    );
  }
}

/** A document fitted to a budget, with what was done to it. */
export interface FittedDocument {
  readonly text: string;
  readonly tokens: number;
  /** How often the text contains the document; above 1, each time under a heading of its own. */
  readonly repeats: number;
  /** True when the end of the document was cut off. */
  readonly truncated: boolean;
}

/** Cuts a document to at most `tokens` tokens. */
export async function cutDocument(
  text: string,
  budget: TokenBudget,
  tokens: number,
): Promise<FittedDocument> {
  const whole = await budget.count(text);
  if (whole <= tokens) return { text, tokens: whole, repeats: 1, truncated: false };
  const cut = await budget.truncate(text, tokens);
  return { text: cut, tokens: await budget.count(cut), repeats: 1, truncated: true };
}

/**
 * Fills a budget with a document: repeated under numbered headings until it is long enough, then cut.
 *
 * The headings make every repeat differ from the one before it, as chapters of one long text would.
 */
export async function fillWithDocument(
  text: string,
  budget: TokenBudget,
  tokens: number,
): Promise<FittedDocument> {
  const whole = await budget.count(text);
  if (whole >= tokens) return cutDocument(text, budget, tokens);
  const repeats = Math.ceil(tokens / whole);
  const parts = Array.from({ length: repeats }, (_, index) => `Part ${index + 1} of ${repeats}\n\n${text}`);
  const cut = await cutDocument(parts.join("\n\n"), budget, tokens);
  return { ...cut, repeats };
}

/** One message of a chat, in OpenAI's words. */
export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/**
 * The three-message chat that hands a document over and then asks about it.
 *
 * Source: LMCache `examples/online_session/openai_chat_completion_client.py`, `build_chat`.
 */
export function documentChat(document: string, prompt: string): readonly Message[] {
  return [
    { role: "user", content: `I've got a document:\n\`\`\`\n${document}\n\`\`\`` },
    { role: "assistant", content: "I've got your document." },
    { role: "user", content: prompt },
  ];
}
