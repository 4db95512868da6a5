import { describe, expect, it } from "vitest";
import { consoleOf } from "../../src/cli/screen/console.js";
import { doctorScreen } from "../../src/cli/screen/doctor-screen.js";
import { progressBar } from "../../src/cli/screen/progress-bar.js";
import { ttftConsole } from "../../src/cli/screen/ttft-console.js";
import type { Diagnosis } from "../../src/experiments/doctor/doctor.js";
import { displayWidth } from "../../src/tables/display-width.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const COLOURS = /\u001b\[\d+m/g;

const SENTENCE =
  "Server: http://localhost:8098/v1, model tiny; tokens counted by server /tokenize, \u001b[2mand 漢字漢字漢字漢字漢字 too\u001b[0m.\n";

/** What a terminal of so many columns gets, or a file where there are none. */
function written(columns: number | null, use: (console: ReturnType<typeof consoleOf>) => void): string {
  let text = "";
  const stream = {
    isTTY: columns !== null,
    columns: columns ?? 0,
    write(more: string) {
      text += more;
    },
  };
  use(consoleOf(stream, stream));
  return text;
}

const words = (text: string): string[] => text.split(/\s+/);

describe("what is said in a terminal", () => {
  it.each([40, 80])("breaks between words at %i columns", (columns) => {
    const text = written(columns, ({ err }) => err.write(SENTENCE));
    expect(words(text)).toEqual(words(SENTENCE));
    for (const line of text.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    expect(text.split("\n").length).toBeGreaterThan(2);
  });

  it("breaks alike where it stands among results", () => {
    const how = "POST /reset_prefix_cache?reset_external=true (prefixes and chunks)";
    const text = written(60, (console) => ttftConsole(console, "vllm", "content").flushed(how));
    expect(Math.max(...text.split("\n").map(displayWidth))).toBeLessThanOrEqual(60);
    expect(words(text).join(" ").trim()).toBe(`Flushed the KV cache: ${how}`);
  });

  it("leaves a progress bar alone, and everything in a file or a pipe", () => {
    const bar = written(20, ({ err }) => progressBar(err, "Trials of this experiment:")(3, 20, 34));
    expect(bar).toBe("\r[███                 ] Trials of this experiment: 3 of 20, about 34 s left");
    const inFile = written(null, ({ err }) => err.write(SENTENCE));
    expect(inFile.split("\n")).toHaveLength(2);
  });
});

it("a diagnosis is as wide as its terminal, and at most a hundred columns", () => {
  const diagnosis = {
    ...{ server: { title: "vLLM", version: "1", url: "http://localhost:8000/v1", recognised_by: [] } },
    ...{ model: "m", context_limit: null, token_counter: { name: "server /tokenize", exact: true } },
    ...{ cold: "cache_salt", tiers: [], proof: [], server_times: {}, under_load: "blocks", failures: [] },
    ...{ prefix_cache: { state: "on", seen: "word ".repeat(60) } },
    ...{ chunk_reuse: { state: "off", seen: "" }, advice: [] },
  } as unknown as Diagnosis;
  const widest = (columns: number) =>
    Math.max(
      ...doctorScreen(diagnosis, { isTTY: true, columns, write: () => {} })
        .replaceAll(COLOURS, "")
        .split("\n")
        .map(displayWidth),
    );
  expect(widest(80)).toBeLessThanOrEqual(80);
  expect(widest(80)).toBeGreaterThan(70);
  expect(widest(200)).toBeLessThanOrEqual(100);
});
