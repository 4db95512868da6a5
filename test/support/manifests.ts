type Fields = Readonly<Record<string, unknown>>;

/** A container of a job's pods. */
export interface Container extends Fields {
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

/** A manifest that this project prints; of a claim, some fields are missing. */
export interface Manifest extends Fields {
  readonly kind: string;
  readonly spec: Fields & {
    readonly completions: number;
    readonly template: {
      readonly spec: { readonly containers: readonly [Container]; readonly volumes: readonly Fields[] };
    };
  };
}

export const containerOf = ({ spec }: Manifest): Container => spec.template.spec.containers[0];

/** The manifests of a run in parts, from YAML's block style as far as this project writes it. */
export function readManifests(text: string) {
  const body = text.replace(/^#.*\n/gm, "");
  const all = body.split(/^---\n/m).map((document) => {
    const lines = document.split("\n").filter((line) => line.trim() !== "");
    const value = block(lines, 0);
    if (lines.length > 0) throw new Error(`not read: ${lines[0]}`);
    return value as Manifest;
  });
  const [parts, report] = all.filter(({ kind }) => kind === "Job");
  return { claims: all.filter(({ kind }) => kind !== "Job"), parts: parts!, report: report! };
}

/**
 * A word of a container as Kubernetes hands it on: variables in place of `$(NAME)`, one dollar sign in place of two
 * (`expansion/expand.go` in Kubernetes 1.33).
 */
export function expanded(word: string, environment: Readonly<Record<string, string>>): string {
  return word.replace(/\$(\$|\(([^)]*)\))/g, (whole, what: string, name: string) =>
    what === "$" ? "$" : (environment[name] ?? whole),
  );
}

const depthOf = (line: string) => line.length - line.trimStart().length;

function block(lines: string[], depth: number): unknown {
  return lines[0]!.trimStart().startsWith("- ") ? list(lines, depth) : map(lines, depth);
}

function list(lines: string[], depth: number): unknown[] {
  const items: unknown[] = [];
  while (lines.length > 0 && depthOf(lines[0]!) === depth && lines[0]!.slice(depth).startsWith("- ")) {
    const rest = lines[0]!.slice(depth + 2);
    if (/^([\w./-]+):( |$)/.test(rest)) {
      lines[0] = `${" ".repeat(depth + 2)}${rest}`;
      items.push(map(lines, depth + 2));
    } else {
      lines.shift();
      items.push(scalar(rest));
    }
  }
  return items;
}

function map(lines: string[], depth: number): Fields {
  const fields: Record<string, unknown> = {};
  while (lines.length > 0 && depthOf(lines[0]!) === depth) {
    const [, key, value] = /^ *([\w./-]+):(?: (.*))?$/.exec(lines[0]!) ?? [];
    if (key === undefined) break;
    lines.shift();
    fields[key] = value === undefined ? block(lines, depth + 2) : scalar(value);
  }
  return fields;
}

const scalar = (text: string): unknown =>
  /^("|\d|true$|false$|\[\]$|\{\}$)/.test(text) ? JSON.parse(text) : text;
