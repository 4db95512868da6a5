import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FaultCase, oneRequest, type Place, sweep } from "./fault-case.js";

/** Arguments of one timed request that are refused, and what names the fault; no request is sent. */
const REFUSED: readonly FaultCase[] = (
  [
    [["--max_tokens", "0"], "--max_tokens"],
    [["--max_tokens", "1e99"], "--max_tokens"],
    [["--max_tokens", "0x10z"], "--max_tokens"],
    [["--max_tokens", "\u0661\u0662"], "--max_tokens"],
    [["--num_following", "-1"], "--num_following"],
    [["--num_following", "1e15"], "--num_following"],
    [["--gap_seconds", "forever"], "--gap_seconds"],
    [["--gap_seconds", "1e9"], "--gap_seconds"],
    [["--timeout_seconds", "0"], "--timeout_seconds"],
    [["--timeout_seconds", "NaN"], "--timeout_seconds"],
    [["--timeout_seconds", "-Infinity"], "--timeout_seconds"],
    [["--model", ""], "--model"],
    [["--model", "  "], "--model"],
    [["--profile", "__proto__"], "--profile"],
    [["--profile", "toString"], "--profile"],
    [["--first_token", "last"], "--first_token"],
    [["--api_base", "localhost:8000"], "--api_base"],
    [["--api_base", "ftp://localhost/v1"], "--api_base"],
    [["--api_base", "http://"], "--api_base"],
    [["--api_base", "http://localhost:99999/v1"], "--api_base"],
    [["--api_base", "http://[::1/v1"], "--api_base"],
    [["--cache_server", "here"], "--cache_server"],
    [["--tokenizer", "none.json"], "tokenizer"],
    [["--tokenizer", "/dev/null"], "tokenizer"],
    [["--tokenizer", "."], "tokenizer"],
    [["--body", "{"], "--body"],
    [["--body", "[1]"], "--body"],
    [["--body", "null"], "--body"],
    [["--body", '{"messages": null}'], "messages"],
    [["--body", `{"a":${"[".repeat(9_000)}`], "--body"],
    [["--header", "no colon"], "--header"],
    [["--header", ": empty"], "--header"],
    [["--header", "x: a\r\nevil: b"], "header"],
    [["--header", "x y: a"], "--header"],
    [["--header", "x: \u{1f600}"], "header"],
    [["--context_file", "none.txt"], "none.txt"],
    [["--context_file", "/"], "/"],
    [["--prompt", ""], "--prompt"],
    [["--flush_method", "water"], "--flush_method"],
    [["--colour", "red"], "--colour"],
    [["--out"], "--out"],
    [["one", "two"], "argument"],
    [["99999"], "65535"],
    [["--", "--help"], "65535"],
  ] as const
).map(([args, names]) => ({
  name: `ttft ${JSON.stringify(args).slice(0, 60)} is refused`,
  command: oneRequest(...args),
  exit: args[0] === "--context_file" ? 1 : 2,
  says: [names],
  log: null,
  holds({ server }) {
    if (server!.requests.length > 0) throw new Error("a request was sent");
  },
}));

/** Arguments that look odd and are good. */
const TAKEN: readonly FaultCase[] = (
  [
    [["--model", "$(reboot)"]],
    [["--model", "../../etc/passwd"]],
    [["--model", "a b\u00a0c"]],
    [["--prompt", "</s><|im_end|>\u0000".replace("\u0000", "")]],
    [["--prompt", "\u202eevil\u202c"]],
    [["--prompt", "--help"]],
    [["--prompt=--api_key"]],
    [["--body", '{"__proto__": {"a": 1}, "constructor": null}']],
    [["--header", "x-empty:"]],
    [["--max-tokens", "4"]],
  ] as const
).map(([args]) => ({
  name: `ttft ${JSON.stringify(args)} is taken`,
  command: oneRequest(...args),
  exit: 0,
  log: ["ok"],
}));

/** Whole command lines. */
const LINES: readonly FaultCase[] = (
  [
    [[], 2, "Usage"],
    [["--help"], 0, "Usage"],
    [["help"], 0, "Usage"],
    [["nothing"], 2, "nothing"],
    [["__proto__"], 2, "__proto__"],
    [["constructor"], 2, "constructor"],
    [["datasets"], 2, "fetch"],
    [["datasets", "fetch"], 2, "name"],
    [["datasets", "fetch", "--help"], 0, "Usage"],
    [["datasets", "fetch", "../../etc"], 2, "2wikimqa"],
    [["launch"], 2, "server"],
    [["launch", "nginx", "--model", "a"], 2, "nginx"],
    [["launch", "vllm"], 2, "--model"],
    [["launch", "vllm", "--model", "a", "--gpus", "-1"], 2, "--gpus"],
    [["report"], 2, "logs"],
    [["serve", "--port", "65536"], 2, "--port"],
    [["serve", "--model", "huge"], 2, "model must be"],
    [["mock", "--fault_status", "200=2"], 2, "faults.statuses"],
    [["mock", "--stream_chunks", "-1"], 2, "--stream_chunks"],
    [["demo", "--nothing"], 2, "--nothing"],
  ] as const
).map(([args, exit, says]) => ({
  name: `firsttoken ${args.join(" ")} ends with ${exit}`,
  command: () => args,
  exit,
  says: [says],
  log: null,
}));

const methods =
  (command: string, ...more: readonly string[]) =>
  ({ base }: Place) => [command, "--api_base", base, "--out", "log.jsonl", ...more];

/** Options of other commands, and files that they name. */
const OTHERS: readonly FaultCase[] = (
  [
    ["sweep of a length of 15 tokens", sweep(1, "--context_sizes", "15"), 2, "--context_sizes"],
    ["sweep of no length", sweep(1, "--context_sizes", ","), 2, "--context_sizes"],
    ["sweep of no repetition", sweep(0), 2, "--runs"],
    ["sweep both resumed and begun anew", sweep(1, "--resume", "--overwrite"), 2, "--overwrite"],
    ["prompts without a file of prompts", methods("prompts", "--prompts_file", "none.json"), 2, "none.json"],
    ["prompts of a list", methods("prompts", "--prompts_file", "list.json"), 2, "prompt"],
    ["prompts of numbers", methods("prompts", "--prompts_file", "numbers.json"), 2, "prompt"],
    ["prompts of cut JSON", methods("prompts", "--prompts_file", "cut.json"), 2, "cut.json"],
    ["blend by a method nobody knows", methods("blend", "--methods", "magic"), 2, "--methods"],
    ["quality of a dataset that is not there", methods("quality", "--dataset", "none.json"), 1, "none.json"],
    ["quality of cut JSON", methods("quality", "--dataset", "cut.json"), 1, "cut.json"],
    ["quality of a list of lists", methods("quality", "--dataset", "list.json"), 1, "list.json"],
    ["quality of an empty dataset", methods("quality", "--dataset", "empty.json"), 1, "empty.json"],
    ["quality of a zip that is none", methods("quality", "--dataset", "none.zip"), 1, "none.zip"],
    ["quality of a table without its columns", methods("quality", "--dataset", "table.csv"), 1, "table.csv"],
    ["quality of a folder", methods("quality", "--dataset", "."), 1, "folder"],
    ["quality of no example", methods("quality", "--dataset", "multihop", "--samples", "0"), 2, "--samples"],
    ["proxy with a rate and a concurrency", methods("proxy", "--rate", "5", "--concurrency", "4"), 2, "--"],
  ] as readonly (readonly [string, (place: Place) => readonly string[], 1 | 2, string])[]
).map(([name, command, exit, says]) => ({
  name: `a ${name} is refused`,
  prepare({ folder }) {
    const files = { list: "[[]]", numbers: '{"a": 1}', cut: '{"a": "b', empty: "[]" };
    for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, `${file}.json`), content);
    writeFileSync(join(folder, "none.zip"), "PK\x03\x04 and no more");
    writeFileSync(join(folder, "table.csv"), 'a,b\n1,"never closed\n');
  },
  command,
  exit,
  says: [says],
  log: null,
}));

/** What is typed. */
export const OPTIONS: readonly FaultCase[] = [...REFUSED, ...TAKEN, ...LINES, ...OTHERS];
