import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChunkedPrompt } from "../../src/domain/records/chunked-prompt.js";
import { documentGaps, expectedCached } from "../../src/workloads/expected.js";

/** A request whose pieces have as many tokens as characters. */
const request = (prefix: string, chunks: readonly string[], question: string) => ({
  prompt: { prefix, chunks, question },
  pieceTokens: {
    prefix: prefix.length,
    chunks: chunks.map(({ length }) => length),
    question: question.length,
  },
});

/** Pieces such that none begins like another, so that whole texts can be compared character by character. */
const piece = fc.constantFrom("aaa", "bb", "cccc", "d", "eeeee");
const requests = fc.array(
  fc.tuple(
    fc.constantFrom("", "xx", "yyyyy"),
    fc.array(piece, { maxLength: 4 }),
    fc.constantFrom("q", "rr", ""),
  ),
  { maxLength: 12 },
);

describe("what an unlimited cache would hold", () => {
  it("is of prefixes the longest beginning in common with any earlier prompt, as comparing all texts finds it", () => {
    fc.assert(
      fc.property(requests, (plan) => {
        const made = plan.map((one) => request(...one));
        const found = expectedCached(made);
        for (const [index, { prefixTokens }] of found.entries()) {
          const pieces = ({ prefix, chunks, question }: ChunkedPrompt) =>
            [prefix, ...chunks, question].filter((text) => text !== "");
          const own = pieces(made[index]!.prompt);
          const common = made.slice(0, index).map(({ prompt }) => {
            const other = pieces(prompt);
            const length = own.findIndex((text, place) => text !== other[place]);
            return own.slice(0, length < 0 ? own.length : length).join("").length;
          });
          expect(prefixTokens).toBe(Math.max(0, ...common));
        }
      }),
    );
  });

  it("is of chunks every piece before the question that an earlier prompt had anywhere, or that was collected", () => {
    fc.assert(
      fc.property(requests, fc.array(piece, { maxLength: 2 }), (plan, collected) => {
        const made = plan.map((one) => request(...one));
        const found = expectedCached(made, [{ prefix: "", chunks: collected, question: "q" }]);
        for (const [index, { chunkTokens }] of found.entries()) {
          const earlier = plan.slice(0, index).flatMap(([prefix, chunks]) => [prefix, ...chunks]);
          const [prefix, chunks] = plan[index]!;
          const held = [prefix, ...chunks].filter((text) => [...earlier, ...collected].includes(text));
          expect(chunkTokens).toBe(held.join("").length);
        }
      }),
    );
  });

  it("takes a conversation's earlier question for a part of its later beginning", () => {
    const turns = [
      request("system. ", [], "first question"),
      request("system. ", ["first question", "an answer"], "second"),
    ];
    expect(expectedCached(turns)[1]).toEqual({
      prefixTokens: "system. first question".length,
      chunkTokens: 8,
    });
  });

  it("counts a prompt that has its ids as it is posted, with BOS, separators and filler", () => {
    const { pieceTokens } = request("", ["aaa", "bb"], "q");
    const ids = {
      ...{ bos: [1], prefix: [], chunks: [[2, 3], [4]], question: [5] },
      behind: {
        prefix: [9, 9, 9],
        chunks: [
          [9, 9],
          [9, 9, 9],
        ],
      },
    };
    const asked = { prompt: { prefix: "", chunks: ["aaa", "bb"], question: "q", ids }, pieceTokens };
    expect(expectedCached([asked, asked])[1]).toEqual({ prefixTokens: 13, chunkTokens: 12 });
    expect(expectedCached([asked], [asked.prompt])[0]).toEqual({ prefixTokens: 0, chunkTokens: 12 });
  });

  it("is nothing of a first prompt, and nothing of no prompts", () => {
    expect(expectedCached([request("p", ["a"], "q")])).toEqual([{ prefixTokens: 0, chunkTokens: 0 }]);
    expect(expectedCached([])).toEqual([]);
  });
});

describe("how long ago documents were used", () => {
  const names = fc.constantFrom("a", "b", "c", "d");
  const plan = fc.array(
    fc.record({ documents: fc.uniqueArray(names, { minLength: 1 }), wait: fc.nat(100) }),
    {
      maxLength: 20,
    },
  );

  it("is the distance to the last request with the least recently used of them, as looking back one by one finds it", () => {
    fc.assert(
      fc.property(plan, (steps) => {
        let clock = 0;
        const made = steps.map(({ documents, wait }) => {
          clock += wait;
          return { documents, startSeconds: clock };
        });
        for (const [index, gap] of documentGaps(made).entries()) {
          const { documents, startSeconds } = made[index]!;
          const back = documents.map((name) => {
            for (let before = 1; before <= index; before++) {
              if (made[index - before]!.documents.includes(name)) return before;
            }
            return null;
          });
          const requests = back.includes(null) ? null : Math.max(...back.map((one) => one!));
          const seconds = requests === null ? null : startSeconds - made[index - requests]!.startSeconds;
          expect(gap).toEqual({ requests, seconds });
        }
      }),
    );
  });

  it("is not known where a start is not, and nothing where a request has no documents", () => {
    expect(
      documentGaps([
        { documents: ["a"], startSeconds: null },
        { documents: ["a"], startSeconds: 3 },
        { documents: [], startSeconds: 4 },
        { documents: null, startSeconds: 5 },
      ]),
    ).toEqual([
      { requests: null, seconds: null },
      { requests: 1, seconds: null },
      { requests: null, seconds: null },
      { requests: null, seconds: null },
    ]);
  });
});
