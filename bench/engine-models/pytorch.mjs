// PyTorch with transformers on the same weights in fp32, from a Hugging Face folder.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DECODED, idsOf } from "./prompt.mjs";

export function pytorch(python, folder, threads) {
  let child = null;
  let lines = null;
  const next = async () => {
    const line = await Promise.race([once(lines, "line"), once(child, "exit").then(() => null)]);
    if (line === null) throw new Error(`${python} ended with code ${child.exitCode}`);
    return JSON.parse(line[0]);
  };
  return {
    kind: "PyTorch",
    threads,
    start() {
      const script = fileURLToPath(new URL("pytorch.py", import.meta.url));
      child = spawn(python, [script, folder, String(threads)], {
        stdio: ["pipe", "pipe", "inherit"],
        env: { ...process.env, OMP_NUM_THREADS: String(threads), TRANSFORMERS_VERBOSITY: "error" },
      });
      lines = createInterface(child.stdout);
      return next();
    },
    ask({ tokens, decodes }) {
      child.stdin.write(`${JSON.stringify({ ids: idsOf(tokens, 1), decoded: decodes ? DECODED : 0 })}\n`);
      return next();
    },
    stop: () => child?.kill(),
  };
}
