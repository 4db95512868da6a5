/**
 * Cuts LongBench's `Passage 1:\n…\nPassage 2:\n…` into what follows each heading, up to the next heading.
 *
 * Headings are looked for in their order, so that a line `Passage 7:` inside a passage is text. The pieces keep the
 * line breaks at their ends: with the headings put back, they are the context again.
 *
 * @throws Error when the context does not begin with its first heading.
 */
export function splitPassages(context: string): string[] {
  if (!context.startsWith("Passage 1:\n")) throw new Error(`its "context" does not begin with "Passage 1:"`);
  const texts: string[] = [];
  let begin = "Passage 1:\n".length;
  for (let number = 2; ; number++) {
    const heading = `Passage ${number}:\n`;
    const next = context.indexOf(`\n${heading}`, begin - 1);
    if (next < 0) return [...texts, context.slice(begin)];
    texts.push(context.slice(begin, next + 1));
    begin = next + 1 + heading.length;
  }
}
