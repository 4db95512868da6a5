import { OWN_DEFINITION } from "../../domain/records/log-origin.js";

/*
 * What the tools count TTFT to, each read in the tool's own source; docs/other-tools.md names the files. A definition completes
 * "TTFT counts to …". Tables compare these texts, so one meaning has one text.
 */

/** As this package: inference-perf, LiteLLM's script, LMCache's rag.py. */
export const CONTENT = OWN_DEFINITION;
/** GuideLLM's and AIPerf's time to the first output token. */
export const CONTENT_OR_TOOL_CALL = "the first non-empty content or tool call";
/** GuideLLM's and AIPerf's TTFT, evalscope, LMCache's bench engine. */
export const ANY_OUTPUT = "the first output of any kind, reasoning and tool calls too";
/** long_doc_qa.py before it knew of failures. */
export const CONTENT_OR_REASONING = "the first non-empty content or reasoning";
/** multi-round-qa.py: LMCache's counts content alone, the production stack's reasoning too, and their files are alike. */
export const CONTENT_PERHAPS_REASONING =
  "the first non-empty content, or reasoning in the production stack's version";
/** vLLM. */
export const ANY_CHOICE = "the first chunk with choices, even if empty";
/** SGLang and llmperf open a connection for each request, after their clocks have started. */
export const ANY_TEXT_WITH_CONNECTION =
  "the first non-empty text, reasoning too, from before its connection is opened";
export const CONTENT_WITH_CONNECTION = `${OWN_DEFINITION}, from before its connection is opened`;
