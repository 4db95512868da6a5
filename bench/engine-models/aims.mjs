/** What the engine was to reach, and what it did: ratios of the same run. */
export function printAims({ results, blends, longest, fileBytes }) {
  const of = (kind, threads) => results.find((one) => one.kind === kind && one.threads === threads);
  const { peakBytes } = of("i16", 1).best.get(longest);
  const decode = (one) => one?.best.get(longest).decodeSeconds;
  const prefill = (one) => one?.best.get(longest).prefillSeconds;
  const lines = [];
  const atMost = (what, wanted, ratio) => lines.push([what, `≤ ${wanted}`, ratio, ratio <= wanted]);
  const atLeast = (what, wanted, ratio) => lines.push([what, `≥ ${wanted}`, ratio, ratio >= wanted]);
  for (const threads of [1, 2]) {
    const on = `${threads} thread${threads > 1 ? "s" : ""}`;
    const [i16, i8, llama, torch] = ["i16", "i8", "llama.cpp", "PyTorch"].map((kind) => of(kind, threads));
    if (llama) {
      atMost(`prefill time, i16 ÷ llama.cpp, ${on}`, 0.7, prefill(i16) / prefill(llama));
      atMost(`prefill time, i8 ÷ llama.cpp, ${on} (with VNNI)`, 0.5, prefill(i8) / prefill(llama));
      atLeast(`decoding tokens/s, i16 ÷ llama.cpp, ${on}`, 0.7, decode(llama) / decode(i16));
    }
    if (torch) {
      atMost(`prefill time, i16 ÷ PyTorch, ${on} (with VNNI)`, 1.2, prefill(i16) / prefill(torch));
      atMost(`prefill time, i8 ÷ PyTorch, ${on} (with VNNI)`, 1.2, prefill(i8) / prefill(torch));
    }
  }
  for (const kind of ["f32", "i16", "i8"]) {
    atLeast(`prefill time, one thread ÷ two, ${kind}`, 1.9, prefill(of(kind, 1)) / prefill(of(kind, 2)));
  }
  for (const { tokens, full, fifteen } of blends)
    atMost(`CacheBlend 15 % ÷ full prefill, ${tokens} tokens`, 0.25, fifteen / full);
  const { start } = of("i16", 1);
  // Of a small file it is mostly what any file takes: kernels, memory, the KV cache, the vocabulary.
  const size = `${(fileBytes / 1e6).toFixed(0)} MB`;
  const whole = `start until ready (${start.loadSeconds.toFixed(2)} s, fixed costs included) ÷ the file's ${size}, s per GB`;
  atMost(whole, 2, start.loadSeconds / (fileBytes / 1e9));
  atMost("peak memory beyond weights, context and KV, MB", 300, (peakBytes - start.neededBytes) / 1e6);

  console.log(`| aim, at ${longest} tokens | wanted | measured | |\n|---|---|---:|---|`);
  for (const [what, wanted, ratio, isMet] of lines)
    console.log(`| ${what} | ${wanted} | ${ratio.toFixed(2)} | ${isMet ? "met" : "not met"} |`);
}
