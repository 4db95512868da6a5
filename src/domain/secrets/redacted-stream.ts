import type { Redact } from "./redactor.js";

/** Shows a text that comes in pieces, without secrets: what may be the beginning of one waits for what follows it. */
export function redactedStream(
  redact: Redact,
  show: (text: string) => void,
): { take(piece: string): void; end(): void } {
  let waiting = "";
  const showTo = (end: number): void => {
    const shown = redact(waiting.slice(0, end));
    waiting = waiting.slice(end);
    if (shown !== "") show(shown);
  };
  return {
    take(piece) {
      waiting += piece;
      showTo(redact.heldFrom(waiting));
    },
    end: () => showTo(waiting.length),
  };
}
