// llama.cpp's server, which says itself what prefill and decoding took: of its own build (LLAMA_SERVER), or that of PyPI's
// wheel xllamacpp, in the Python environment build/llama-cpp.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { DECODED, idsOf } from "./prompt.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const python = here("../../build/llama-cpp/bin/python");

/** Which of the two there is; null where neither. */
export const llamaCppFound = () =>
  process.env.LLAMA_SERVER ?? (existsSync(python) ? "the wheel xllamacpp" : null);

export function llamaCpp(model, threads, contextTokens) {
  let child = null;
  let url = null;
  return {
    kind: "llama.cpp",
    threads,
    async start() {
      const began = performance.now();
      if (process.env.LLAMA_SERVER === undefined) {
        const script = here("../../test/support/llama-cpp.py");
        child = spawn(python, [script, model, threads, contextTokens].map(String), {
          stdio: ["pipe", "pipe", "ignore"],
        });
        [url] = await once(createInterface(child.stdout), "line");
      } else {
        const port = 18_000 + threads;
        url = `http://127.0.0.1:${port}`;
        const sizes = ["-t", threads, "-tb", threads, "-c", contextTokens, "-np", 1];
        const flags = ["-m", model, ...sizes, "--port", port].map(String);
        child = spawn(process.env.LLAMA_SERVER, flags, { stdio: "ignore" });
        await healthy(url, child);
      }
      return { loadSeconds: (performance.now() - began) / 1000, neededBytes: null };
    },
    async ask({ tokens, decodes }) {
      const before = cpuSeconds(child.pid);
      const body = { prompt: idsOf(tokens, 1), cache_prompt: false, ignore_eos: true, temperature: 0 };
      const response = await fetch(`${url}/completion`, {
        method: "POST",
        body: JSON.stringify({ ...body, n_predict: decodes ? DECODED : 1 }),
      });
      const { timings } = await response.json();
      if (timings.prompt_n !== tokens)
        throw new Error(`llama.cpp computed ${timings.prompt_n} tokens of ${tokens}.`);
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return {
        prefillSeconds: timings.prompt_ms / 1000,
        cpuSeconds: decodes ? null : cpuSeconds(child.pid) - before,
        decodeSeconds: decodes ? (timings.predicted_ms / timings.predicted_n) * (DECODED / 1000) : null,
        peakBytes: Number(/VmHWM:\s+(\d+)/.exec(status)[1]) * 1024,
      };
    },
    stop: () => child?.kill(),
  };
}

async function healthy(url, child) {
  for (;;) {
    const isUp = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    if (child.exitCode !== null) throw new Error(`llama-server ended with code ${child.exitCode}`);
    await new Promise((settle) => setTimeout(settle, 50));
  }
}

/** Of all its threads, by Linux's clock of 100 ticks a second. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
