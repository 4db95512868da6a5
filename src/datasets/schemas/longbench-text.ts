/**
 * Cuts LongBench's `Passage 1:\n…\nPassage 2:\n…` into what follows each heading, up to the next heading.
 *
 * Headings are searched for in order, so a line `Passage 7:` inside a passage is text. The pieces keep the line breaks at
 * their ends: with the headings put back, they are the context again.
 *
 * @throws Error if the context does not begin with its first heading.
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

/** A dialogue with its summary, as LongBench and CacheBlend show solved examples. */
export function solvedDialogue(dialogue: string, summary: string): string {
  return `Dialogue: ${dialogue}\nSummary: ${summary}`;
}

/**
 * Cuts a run of solved dialogues into one piece each; joined, the pieces are the text again.
 *
 * A line that begins with `Dialogue:` opens the next piece only after the current one has its summary.
 *
 * @throws Error if the text does not begin with a dialogue.
 */
export function splitSolvedDialogues(text: string): string[] {
  const pieces: string[] = [];
  let begin = 0;
  for (const { index } of text.matchAll(/^Dialogue:/gm)) {
    if (/^Summary:/m.test(text.slice(begin, index))) {
      pieces.push(text.slice(begin, index));
      begin = index;
    }
  }
  const all = [...pieces, text.slice(begin)];
  if (text !== "" && !all.every((piece) => /^\s*Dialogue:/.test(piece))) {
    throw new Error(`its "context" does not begin with "Dialogue:"`);
  }
  return text === "" ? [] : all;
}

/**
 * The dialogue of an unsolved `Dialogue: …\nSummary: `.
 *
 * @throws Error if the text does not have that form.
 */
export function dialogueOf(text: string): string {
  const match = /^\s*Dialogue: ?([\s\S]*)\nSummary:\s*$/.exec(text);
  if (match === null) throw new Error(`its dialogue is not of the form "Dialogue: … Summary:"`);
  return match[1]!;
}
