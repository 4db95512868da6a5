import { readFileSync } from "node:fs";

/** Exchanges with a real server, in the reads its bytes came in; the file names its source. */
export interface Recorded {
  /** The bytes of one answer; the recorded servers closed each connection. */
  replay(name: string): (string | "CLOSE")[];
  /** The body of an answer that was not sent in chunks. */
  body(name: string): string;
}

/** Reads `test/fixtures/client/<server>.json`. */
export function recorded(server: "llama-server" | "vllm" | "vllm-lmcache"): Recorded {
  const { exchanges } = JSON.parse(
    readFileSync(new URL(`../fixtures/client/${server}.json`, import.meta.url), "utf8"),
  ) as { exchanges: Record<string, readonly (readonly [number, string])[]> };
  const reads = (name: string) => exchanges[name]!.map(([, bytes]) => bytes);
  return {
    replay: (name) => [...reads(name), "CLOSE"],
    body: (name) => reads(name).join("").split("\r\n\r\n")[1]!,
  };
}
