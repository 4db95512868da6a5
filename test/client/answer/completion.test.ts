import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { CompletionBodies, type CompletionBody } from "../../../src/client/answer/completion.js";
import type { ResponseHead } from "../../../src/wire/http-head.js";

const head = (status: number, headers: Record<string, string> = {}): ResponseHead => ({
  ...{ status, reason: "", minor: 1, headers },
});

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const content = (text: string): string => event({ choices: [{ delta: { content: text } }] });
const PLAIN = [
  event({ choices: [{ delta: { reasoning: "hm" } }] }),
  content("Hello "),
  content("there"),
  event({
    choices: [{ delta: {}, finish_reason: "stop" }],
    usage: { prompt_tokens: 3, completion_tokens: 2 },
  }),
  "data: [DONE]\n\n",
];
const ANSWERS: Readonly<Record<string, readonly [ResponseHead | null, readonly (string | Buffer)[]]>> = {
  "a whole stream": [head(200), PLAIN],
  "a cut stream": [head(200), [content("Hel"), content("lo").slice(0, -9)]],
  "an error in a stream": [head(200), [content("Hel"), event({ error: { message: "out of memory" } })]],
  "a refusal": [head(400), ['{"error": {"message": "no such model"}}']],
  "something else": [head(200), ["<html>"]],
  "a compressed stream": [head(200, { "content-encoding": "gzip" }), [gzipSync(PLAIN.join(""))]],
  "a byte order mark": [head(200), ["\ufeff", ...PLAIN]],
  nothing: [null, []],
};

/** All that is reported of an answer whose reads came a second apart, with gaps and stamps. */
async function reportOf(body: CompletionBody, name: string) {
  const [answerHead, reads] = ANSWERS[name]!;
  for (const [i, read] of reads.entries()) {
    const bytes = Buffer.from(read as string);
    body.onBody(BigInt(i) * 1_000_000_000n, bytes, 0, bytes.length, answerHead!);
  }
  const satisfied = body.satisfied();
  const lastByte = reads.length === 0 ? null : BigInt(reads.length - 1) * 1_000_000_000n;
  const { completion, other, unreadable } = await body.finish({ head: answerHead, lastByte });
  const { contents, ...read } = { ...completion };
  return { ...read, gaps: contents.gapSeconds(), other, unreadable, satisfied };
}

it.each(
  Object.keys(ANSWERS),
)("after %s, the same reader reports any answer as a new one would", async (first) => {
  const told: string[] = [];
  const listener = { onText: (text: string) => void told.push(text) };
  for (const second of Object.keys(ANSWERS)) {
    const bodies = new CompletionBodies();
    const body = bodies.take(listener);
    await reportOf(body, first);
    bodies.giveBack(body);
    told.length = 0;
    const again = await reportOf(bodies.take({}), second);
    expect(again).toEqual(await reportOf(new CompletionBodies().take({}), second));
    expect(told, "the listener of the first answer").toEqual([]);
  }
});

it("a reader is used again after an ordinary answer, and dropped after one that took much memory", async () => {
  const bodies = new CompletionBodies();
  const after = async (name: string) => {
    const body = bodies.take({});
    await reportOf(body, name);
    bodies.giveBack(body);
    return bodies.take({}) === body;
  };
  expect(await after("a whole stream")).toBe(true);
  expect(await after("a cut stream")).toBe(true);
  expect(await after("a compressed stream")).toBe(false);
});
