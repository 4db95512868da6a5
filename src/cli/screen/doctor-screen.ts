import { plainLine } from "../../domain/plain-text.js";
import type { Diagnosis } from "../../experiments/doctor/doctor.js";
import { softwareName } from "../../servers/profile/profile.js";
import { wrap } from "../../tables/display-width.js";
import { colour, type Sink, widthOf } from "./console.js";

const LABEL_WIDTH = 15;
/** Longer lines are hard to read. */
const MOST_WIDTH = 100;

const COLD: Readonly<Record<Diagnosis["cold"], string>> = {
  cache_salt: "a unique document and a unique cache_salt",
  cache_prompt_false: "a unique document and cache_prompt: false",
  unique_prompt: "a unique document; no request field is known",
};

/** Counters of a busy server prove nothing for one request. */
const UNDER_LOAD: Readonly<Record<Diagnosis["under_load"], string>> = {
  requests: "each answer reports its cached tokens, so `load` proves each request",
  blocks:
    "answers do not report cached tokens; `load` shows the counters' totals over a level, and proves no single request",
  nothing: "nothing reports cached tokens: requests of `load` are unproven",
};

const STATES = { on: "on", off: "off", not_told: "not reported" } as const;

/** A diagnosis on one screen: a label, and what was found. */
export function doctorScreen(diagnosis: Diagnosis, sink: Sink): string {
  const { server, context_limit, token_counter, tiers, proof, prefix_cache, chunk_reuse } = diagnosis;
  const entries: (readonly [string, string])[] = [
    ["Server", `${softwareName(server.title, server.version)} at ${server.url}`],
    ["Recognised by", signs(diagnosis)],
    [
      "Model",
      diagnosis.model +
        (context_limit === null
          ? "; context limit not reported"
          : `, ${context_limit.tokens.toLocaleString("en-US")} tokens in all (${context_limit.source})`),
    ],
    ["Tokens", `${token_counter.name}, ${token_counter.exact ? "exact" : "an estimate"}`],
    ["Cold requests", COLD[diagnosis.cold]],
    ...(tiers.length === 0
      ? [["Clearing", "unknown; `ttft --flush_cache` tries the ways of other servers"] as const]
      : tiers.map(
          ({ tier, clears, how }, index) =>
            [
              index === 0 ? "Clearing" : "",
              `${tier}: ${clears === false ? "no; " : clears === null ? "by " : "yes, by "}${how}` +
                (clears === null ? " (not tried)" : ""),
            ] as const,
        )),
    ["Proof of hits", proof.length === 0 ? "none seen" : proof.join(", ")],
    ["Server times", times(diagnosis)],
    ["Prefix cache", `${STATES[prefix_cache.state]}: ${prefix_cache.seen}`],
    ["Under load", UNDER_LOAD[diagnosis.under_load]],
    ["Chunk reuse", `${STATES[chunk_reuse.state]}: ${chunk_reuse.seen}`],
    ...diagnosis.advice.map((sentence, index) => [index === 0 ? "Advice" : "", sentence] as const),
    ...diagnosis.failures.map((sentence, index) => [index === 0 ? "Failed" : "", sentence] as const),
  ];
  return `${entries.map(([label, text]) => entry(label, text, sink)).join("\n")}\n`;
}

function signs({ server }: Diagnosis): string {
  const seen = server.recognised_by.join(", ");
  if (server.profile_named)
    return `set with --profile${seen === "" ? "; its answers don't show it" : `; ${seen}`}`;
  return seen === "" ? "nothing in its answers" : seen;
}

function times({ server_times: { queue, prefill } }: Diagnosis): string {
  const told = [...(queue ? ["queue"] : []), ...(prefill ? ["prefill"] : [])];
  return told.length === 0 ? "none reported" : told.join(" and ");
}

/** A label and its text, which goes on below itself; whatever came from a server is made printable. */
function entry(label: string, text: string, sink: Sink): string {
  const width = Math.min(widthOf(sink), MOST_WIDTH) - LABEL_WIDTH;
  const [first = "", ...rest] = wrap(plainLine(text).replace(/\s+/g, " "), width);
  const indent = " ".repeat(LABEL_WIDTH);
  return [colour(sink, 1, label.padEnd(LABEL_WIDTH)) + first, ...rest.map((line) => indent + line)].join(
    "\n",
  );
}
