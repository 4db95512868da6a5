import { plainText } from "../../domain/plain-text.js";
import { promptIsShort } from "../../domain/records/cut-prompt.js";
import { type FirstToken, firstTokenSeconds, reasonsFirst } from "../../domain/records/first-token.js";
import type { TtftRecord } from "../../domain/records/record-kinds.js";
import type { TtftRunObserver } from "../../experiments/ttft/ttft-run.js";
import { longerContext, type ProfileName } from "../../servers/profile/profile.js";
import { formatNumber } from "../../tables/format.js";
import { type Console, colour, type Sink, wrapped } from "./console.js";

/** A console that a run writes to, and that is quiet once the run has stopped. */
export interface TtftConsole extends TtftRunObserver {
  stop(): void;
}

/** Prints a run as the original does: headings, the model's text as it comes, and TTFT_n; the spinner on stderr. */
export function ttftConsole({ out, err }: Console, server: ProfileName, firstToken: FirstToken): TtftConsole {
  const arrows = spinner(err);
  return {
    runStarts(run_index, title) {
      out.write(`\n=== Run ${run_index}: ${title} ===\n`);
      arrows.start();
    },
    firstToken: () => arrows.stop(),
    text: (text) => void out.write(plainText(text)),
    runEnds(record) {
      arrows.stop();
      out.write("\n");
      if (record.outcome !== "ok")
        err.write(`Run ${record.run_index} failed (${record.outcome}): ${record.error}\n`);
      const seconds = firstTokenSeconds(record, firstToken);
      if (seconds !== null) {
        const line = `TTFT_${record.run_index} = ${shown(seconds)}`;
        out.write(`${colour(out, 33, line)}${otherToken(record, firstToken)}\n`);
      } else if (record.outcome === "ok") {
        err.write(`Run ${record.run_index} has no TTFT: ${whyNone(record)}
`);
      }
      if (promptIsShort(record)) {
        const [counted, context] = [record.prompt_tokens, record.context_tokens].map((tokens) =>
          tokens?.toLocaleString("en-US"),
        );
        err.write(
          `Run ${record.run_index} does not count for this context: the server cut the prompt. It counted ${counted} prompt tokens ` +
            `where the context alone has ${context}; ${longerContext(server)}.\n`,
        );
      }
      if (record.evidence === "contradicted") {
        const was = record.cache_state === "warm" ? "a hit" : "cold";
        err.write(
          `Run ${record.run_index} was not ${was}: the server took ${record.cached_tokens} tokens from its cache.\n`,
        );
      }
    },
    stop: () => arrows.stop(),
    flushed: (how) => void out.write(wrapped(out, `\nFlushed the KV cache: ${how}\n`)),
    notFlushed: (why) => {
      out.write(why === null ? "\n(no KV-cache flush requested)\n" : "\n(the KV cache was not flushed)\n");
      if (why !== null) err.write(`The KV cache was not flushed, so what follows is warm: ${why}\n`);
    },
  };
}

/** Seconds with three significant digits. */
const shown = (seconds: number): string => `${formatNumber(seconds)}s`;

/** The other first token, where reasoning came before the content. */
function otherToken(record: TtftRecord, firstToken: FirstToken): string {
  if (!reasonsFirst(record)) return "";
  const { first_reasoning_seconds, ttft_seconds } = record;
  if (firstToken === "content") return ` (reasoning came after ${shown(first_reasoning_seconds!)})`;
  return ttft_seconds === null
    ? " (reasoning; no content came)"
    : ` (reasoning; content came after ${shown(ttft_seconds)})`;
}

function whyNone({ first_reasoning_seconds, remark }: TtftRecord): string {
  if (first_reasoning_seconds === null) return remark ?? "the answer has no content.";
  return (
    `only reasoning came, the first after ${shown(first_reasoning_seconds)}, and no content; raise --max_tokens, or count ` +
    "the reasoning with --first_token any."
  );
}

const FRAME_MILLISECONDS = 200;

/** The original's spinner: up to five red arrows that grow until the first token comes; silent off a terminal. */
export interface Spinner {
  start(): void;
  stop(): void;
}

/** Makes a spinner on a terminal. */
function spinner(sink: Sink): Spinner {
  let timer: NodeJS.Timeout | null = null;
  let frame = 0;
  const draw = (arrows: number) => sink.write(`\r${colour(sink, 31, ">".repeat(arrows).padEnd(6))}`);
  return {
    start() {
      if (!sink.isTTY || timer) return;
      frame = 0;
      timer = setInterval(() => draw(frame++ % 6), FRAME_MILLISECONDS).unref();
    },
    stop() {
      if (!timer) return;
      clearInterval(timer);
      timer = null;
      draw(5);
      sink.write("\n");
    },
  };
}
