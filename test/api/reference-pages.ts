import type { PublicApi, PublicFunction, PublicType } from "./public-api.js";
import type { Documented } from "./user-file.js";

/** Functions that stand in no door, by the page they are told of on. */
const PAGES_WITHOUT_DOOR: Readonly<
  Record<string, { readonly about: string; readonly functions: readonly string[] }>
> = {
  connect: { about: "Connecting to a server.", functions: ["connect"] },
  notebook: {
    about: "What a notebook needs beside the nouns: showing results, and frames of danfojs.",
    functions: ["display", "live", "frame", "rows"],
  },
};

/** Types that results/README.md tells of, column by column. */
const isRecord = (name: string): boolean => /^(Ttft|Blend|Quality|Proxy)Record$/.test(name);

/** The reference of the public API, in Markdown: the text of each page by its file's name. */
export function referencePages({ doors, functions, errors, types }: PublicApi): ReadonlyMap<string, string> {
  const pages = [
    ...[...doors].map(([door, about]) => ({
      title: door,
      about,
      functions: functions.filter(({ name }) => name.startsWith(`${door}.`)),
    })),
    ...Object.entries(PAGES_WITHOUT_DOOR).map(([title, { about, functions: names }]) => ({
      title,
      about,
      functions: names.map((name) => functions.find((one) => one.name === name)!),
    })),
  ];
  const told = new Map<string, string[]>();
  for (const page of pages) {
    for (const name of new Set(page.functions.flatMap(({ types: named }) => named)))
      told.set(name, [...(told.get(name) ?? []), page.title]);
  }
  const shared = [...types.values()].filter(({ name }) => told.get(name)?.length !== 1 && !isRecord(name));
  const pageTexts = pages.map(({ title, about, functions: shown }) => {
    const own = [...types.values()].filter(({ name }) => told.get(name)?.join() === title && !isRecord(name));
    return [
      `${title}.md`,
      [
        `# ${title}`,
        about,
        shown
          .map(({ name, documentation }) => `* [\`${name}\`](#${slug(name)}): ${sentence(documentation)}`)
          .join("\n"),
        ...shown.map(functionText),
        ...(own.length > 0 ? ["## Types", ...own.map(typeText)] : []),
        elsewhere(
          shown.flatMap(({ types: named }) => named),
          shared,
        ),
      ],
    ] as const;
  });
  const contents = [
    ...pages.map(({ title, about }) => `* [${title}](${title}.md): ${about}`),
    "* [Types](types.md): tables, charts, and what else several functions give or take.",
  ].join("\n");
  const start = [
    "# Reference",
    "Everything the package exports, as an editor shows it: `npm run docs` writes these pages from the docstrings.",
    contents,
    "## Errors",
    ...errors.map(typeText),
  ];
  return new Map(
    [
      ["README.md", start] as const,
      ...pageTexts,
      ["types.md", ["# Types", ...shared.map(typeText)]] as const,
    ].map(([name, parts]) => [name, `${join(parts)}\n`]),
  );
}

function functionText(one: PublicFunction): string {
  const [first, ...others] = one.overloads;
  return join([
    `## ${one.name}`,
    prose(one.documentation),
    code([first, ...others].map((overload) => overload!.signature).join("\n")),
    others.map(({ signature, documentation }) => `* \`${signature}\`: ${inLine(documentation)}`).join("\n"),
    fieldTable("parameter", one.parameters),
    fieldTable("option", one.options),
    one.returns === "" ? "" : `**Returns** ${prose(one.returns)}`,
    ...one.throws.map((text) => `**Throws** ${prose(text)}`),
    ...one.examples.map((example) => code(example)),
  ]);
}

const typeText = ({ name, documentation, fields, text }: PublicType): string =>
  join([`### ${name}`, prose(documentation), text === null ? "" : code(text), fieldTable("field", fields)]);

function fieldTable(what: string, fields: readonly Documented[]): string {
  if (fields.length === 0) return "";
  const lines = fields.map(
    ({ name, type, isOptional, documentation }) =>
      `| \`${name}${isOptional ? "?" : ""}\` | ${cell(`\`${inLine(type)}\``)} | ${cell(capitalised(inLine(documentation)))} |`,
  );
  return [`| ${what} | type | |`, "|---|---|---|", ...lines].join("\n");
}

/** Where the types stand that a page names and does not tell of. */
function elsewhere(names: readonly string[], shared: readonly PublicType[]): string {
  const links = [...new Set(names)].flatMap((name) => {
    if (isRecord(name)) return [`\`${name}\`: [every column](../../results/README.md)`];
    return shared.some((one) => one.name === name) ? [`[\`${name}\`](types.md#${slug(name)})`] : [];
  });
  return links.length === 0 ? "" : `Elsewhere: ${links.join(", ")}.`;
}

const join = (parts: readonly string[]): string => parts.filter((part) => part !== "").join("\n\n");
const code = (text: string): string => `\`\`\`ts\n${text}\n\`\`\``;
const slug = (heading: string): string => heading.toLowerCase().replace(/[^\w-]/g, "");
const prose = (text: string): string => text.replace(/\{@link (\w+)\}/g, "`$1`");
const inLine = (text: string): string => prose(text).replace(/\s+/g, " ").trim();
const capitalised = (text: string): string => text.replace(/^[a-z]/, (letter) => letter.toUpperCase());
const cell = (text: string): string => text.replace(/\|/g, "\\|");

/** The first sentence: up to the first full stop before a capital, or the paragraph's end. */
const sentence = (text: string): string =>
  /^.*?(?:[.:](?=\s+[A-Z`])|$)/.exec(inLine(text.split("\n\n", 1)[0]!))![0].replace(/:$/, ".");
