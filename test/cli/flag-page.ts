import { group } from "d3-array";
import { byName, type FlagOfCommand, parts, takes } from "./all-flags.js";

const HEAD = `# Flags

Every flag of every command; \`firsttoken COMMAND --help\` shows those of one. A flag means the same wherever it stands.

* Each name can be written with underscores or with dashes: \`--max_tokens 8\` is \`--max-tokens 8\`, and \`--proxy-url\` is
  \`--proxy_url\`. Names are never shortened.
* A name in the plural takes a list with commas: \`--rates 1,2,4\`.
* The unit is in the name: \`--gap_seconds\`, \`--chunk_gap_ms\`, \`--prompt_tokens\`.
* An address can be a port of this machine: \`--api_base 8000\` is \`--api_base http://localhost:8000/v1\`, and so is the argument
  \`8000\` alone.
* Defaults can be kept in the working folder, in a file \`firsttoken.json\`; see [below](#defaults-in-a-file).
* The flags of \`proxy\` are those of LiteLLM's benchmark script, and those of \`ttft\` are those of the script that it replaces;
  these keep the names and defaults that they have there.
* Earlier names still work: \`--trials\` is \`--runs\`, \`--output_tokens\` is \`--max_tokens\`, \`--rate\` is \`--rates\`; of
  \`load\`, \`--documents\` is \`--pool_documents\`; of \`mock\`, \`--chunks\` is \`--stream_chunks\`; of \`launch\`,
  \`--context_tokens\` is \`--max_model_len\`; of \`datasets\` and \`models\`,
  \`--to\` is \`--out_dir\` and \`--models_dir\`, and \`--base_url\` is \`--mirror\`. In \`proxy\`, \`--warm_ups\` is \`--warmup\`.

| flag | commands | unit | meaning | default |
|---|---|---|---|---|
`;

/** The page of all flags, in Markdown. */
export const flagPage = (flags: readonly FlagOfCommand[]): string =>
  `${HEAD}${byName(flags)
    .map(([name, here]) => row(name, here))
    .join("\n")}\n${DEFAULTS}`;

const DEFAULTS = `
## Defaults in a file

A file \`firsttoken.json\` in the folder where \`firsttoken\` is called holds defaults:

\`\`\`json
{
  "api_base": "http://gpu7:8000/v1",
  "timeout_seconds": 1800,
  "load": { "rates": [1, 2, 4, 8], "methods": "full,prefix", "slo": "ttft=0.5" },
  "quality": { "dataset": "data/2wikimqa.jsonl", "aa": false }
}
\`\`\`

* Keys are the names of flags, without the leading dashes. Those under a command, such as \`load\` or \`models fetch\`, apply to that
  command; the others apply to every command that has \`--api_base\`.
* A flag on the command line overrides an environment variable (\`FIRSTTOKEN_MODELS\`, \`HF_ENDPOINT\`), which overrides the file, which
  overrides the command's own default. A default that can't be combined with a given flag is ignored.
* A list can be a JSON list. A flag that may be repeated has a list of its values. A switch is \`true\` or \`false\`, also one that is
  turned off by \`--no-…\`: \`"aa": false\` is \`--no-aa\`.
* Relative paths start at the working folder.
* A key that is not a flag is refused, and the flags most like it are named. API keys and headers are refused too: they belong in
  \`FIRSTTOKEN_API_KEY\` or in a file of their own (\`--api_key @key.txt\`). So are flags that are meant for one run: \`resume\`,
  \`overwrite\`, \`shard\`, \`start_at\`.
* A line on standard error says which defaults were used, and the manifest beside a log records them (\`defaults\`).
`;

function row(name: string, here: readonly FlagOfCommand[]): string {
  const spelt = [...new Set(here.map(({ option }) => option.flags.replace(/ *[<[].*$/, "")))]
    .flatMap((flags) => flags.split(/, */))
    .map((flag) => `\`${flag}\``);
  const value = new Set(here.map(({ option }) => takes(option)).filter((one) => one !== ""));
  const cells = [
    `${[...new Set(spelt)].join(", ")} ${[...value].map((one) => `\`${one}\``).join(" or ")}`.trim(),
    here.map(({ command }) => command).join(", "),
    unitOf(name),
    [told(here, ({ option }) => parts(option).says), told(here, ({ option }) => more(option))]
      .filter((text) => text !== "")
      .join("; "),
    told(here, ({ option }) => usual(option)),
  ];
  return `| ${cells.map(escaped).join(" | ")} |`;
}

const more = (option: FlagOfCommand["option"]): string => {
  const { also } = parts(option);
  const words = option.argChoices === undefined ? "" : `one of ${option.argChoices.join(", ")}`;
  return [also, words].filter((text) => text !== "").join("; ");
};

function usual(option: FlagOfCommand["option"]): string {
  if (option.mandatory) return "must be given";
  if (option.defaultValueDescription !== undefined) return option.defaultValueDescription;
  const value: unknown = option.defaultValue;
  return value === undefined || typeof value === "boolean" ? parts(option).usually : String(value);
}

/** What all commands say once; what only some say, with their names. */
function told(here: readonly FlagOfCommand[], of: (flag: FlagOfCommand) => string): string {
  const said = [...group(here, of)].filter(([text]) => text !== "");
  const isOne = said.length === 1 && said[0]![1].length === here.length;
  return said
    .map(([text, flags]) => (isOne ? text : `${text} (${flags.map(({ command }) => command).join(", ")})`))
    .join("; ");
}

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/_seconds$|^proxy_start_timeout$/, "s"],
  [/_ms$/, "ms"],
  [/(^|_)tokens$|_lengths$|^context_sizes?$|^safety_margin$|^max_model_len$/, "tokens"],
  [/^rates?$/, "requests/s"],
  [/^needle_depths$/, "%"],
  [/_(share|ratio|ratios|reset|stall|cut|malformed)$|^jitter$|^margin$/, "share, 0 to 1"],
];
const unitOf = (name: string): string => UNITS.find(([of]) => of.test(name))?.[1] ?? "";

const escaped = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
