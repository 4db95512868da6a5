import { describe, expect, it } from "vitest";
import { ttftConsole } from "../../src/cli/screen/ttft-console.js";
import type { FirstToken } from "../../src/domain/records/first-token.js";
import type { TtftRecord } from "../../src/domain/records/record-kinds.js";
import { row } from "../report/ttft-rows.js";

/** What the end of a run prints: results, and what is said beside them. */
function printed(fields: Partial<TtftRecord>, firstToken: FirstToken = "content"): readonly [string, string] {
  const texts = { out: "", err: "" };
  const sink = (name: "out" | "err") => ({
    write(text: string) {
      texts[name] += text;
    },
  });
  const record = { ...row("vLLM", "cold", {}), ...fields } as TtftRecord;
  ttftConsole({ out: sink("out"), err: sink("err") }, "vllm", firstToken).runEnds(record);
  return [texts.out.trim(), texts.err.trim()];
}

describe("the line of a run", () => {
  it("has three significant digits, and is the original's where no reasoning came", () => {
    expect(printed({ ttft_seconds: 0.0831 })).toEqual(["TTFT_1 = 0.0831s", ""]);
    expect(printed({ ttft_seconds: 0.0831 }, "any")).toEqual(["TTFT_1 = 0.0831s", ""]);
    expect(printed({ ttft_seconds: 0.001_234 })).toEqual(["TTFT_1 = 0.00123s", ""]);
    expect(printed({ ttft_seconds: 12.345 })).toEqual(["TTFT_1 = 12.3s", ""]);
  });

  it("has both times where reasoning came before the content, the one that counts first", () => {
    const both = { ttft_seconds: 0.308, first_reasoning_seconds: 0.0831 };
    expect(printed(both)).toEqual(["TTFT_1 = 0.308s (reasoning came after 0.0831s)", ""]);
    expect(printed(both, "any")).toEqual(["TTFT_1 = 0.0831s (reasoning; content came after 0.308s)", ""]);
  });

  it("says what to do where only reasoning came, or nothing", () => {
    const only = { ttft_seconds: null, first_reasoning_seconds: 0.0831 };
    expect(printed(only)).toEqual([
      "",
      "Run 1 has no TTFT: only reasoning came, the first after 0.0831s, and no content; raise --max_tokens, or count the " +
        "reasoning with --first_token any.",
    ]);
    expect(printed(only, "any")).toEqual(["TTFT_1 = 0.0831s (reasoning; no content came)", ""]);
    expect(printed({ ttft_seconds: null, remark: "The answer is empty." })[1]).toBe(
      "Run 1 has no TTFT: The answer is empty.",
    );
  });
});
