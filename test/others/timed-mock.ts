import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** What the mock measured itself of one answer, in seconds. */
export interface SentTimes {
  /** From when the request had been read to when the first piece of content was sent. */
  readonly first: number;
  /** The mean time between the pieces. */
  readonly gap: number;
}

/** The mock provider of `timed-mock.mjs`. */
export interface TimedMock {
  /** Without a path. */
  readonly origin: string;
  /** The answers since it was last asked, in the order of their ends. */
  taken(): SentTimes[];
  close(): Promise<void>;
}

export async function timedMock(plan: {
  readonly firstTokenMs: number;
  readonly chunks: number;
  readonly gapMs: number;
}): Promise<TimedMock> {
  const { firstTokenMs, chunks, gapMs } = plan;
  const program = fileURLToPath(new URL("timed-mock.mjs", import.meta.url));
  const child = spawn(process.execPath, [program, ...[firstTokenMs, chunks, gapMs].map(String)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout);
  const [port] = await once(lines, "line");
  let answers: SentTimes[] = [];
  lines.on("line", (line) => {
    const sent = JSON.parse(line) as number[];
    const first = sent[0]!;
    answers.push({ first, gap: (sent.at(-1)! - first) / (sent.length - 1) });
  });
  return {
    origin: `http://127.0.0.1:${port}`,
    taken: () => {
      const all = answers;
      answers = [];
      return all;
    },
    close: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
