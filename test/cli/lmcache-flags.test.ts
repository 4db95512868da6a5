import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addLmcacheFlags, chunksOf, type LmcacheFlags } from "../../src/cli/flags/lmcache-flags.js";

/** What the flags say of chunks. */
function chunks(...argv: string[]) {
  const command = addLmcacheFlags(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return chunksOf(command.parse(argv, { from: "user" }).opts<LmcacheFlags>()).chunks?.joining;
}

describe("the flags of LMCache", () => {
  it("say nothing where there is none, and its separator by default", () => {
    expect(chunks()).toBeUndefined();
    expect(chunks("--lmcache")).toEqual({ behind: { separator: " # # " }, bosToken: null });
    expect(chunks("--lmcache", "--separator", "##", "--bos_token", "1")).toEqual({
      ...{ behind: { separator: "##" }, bosToken: 1 },
    });
  });

  it("say by what KV chunks its current engine finds documents", () => {
    expect(chunks("--lmcache", "--lmcache_protocol", "chunks")).toEqual({
      ...{ behind: { chunkTokens: 256 }, bosToken: null },
    });
    expect(chunks("--lmcache", "--lmcache_protocol", "chunks", "--lmcache_chunk_tokens", "64")).toEqual({
      ...{ behind: { chunkTokens: 64 }, bosToken: null },
    });
  });

  it.each([
    [["--lmcache_protocol", "chunks"], '--lmcache_protocol needs --lmcache; received "chunks".'],
    [["--lmcache_chunk_tokens", "64"], "--lmcache_chunk_tokens needs --lmcache; received 64."],
    [["--separator", "##"], '--separator needs --lmcache; received "##".'],
    [["--bos_token", "1"], "--bos_token needs --lmcache; received 1."],
    [
      ["--lmcache", "--lmcache_chunk_tokens", "64"],
      "--lmcache_chunk_tokens needs --lmcache_protocol chunks; received 64.",
    ],
    [
      ["--lmcache", "--lmcache_protocol", "chunks", "--separator", "##"],
      '--separator is for --lmcache_protocol separator; received "##".',
    ],
  ])("are refused where they say it of nothing: %j", (argv, message) => {
    expect(() => chunks(...argv)).toThrow(message);
  });
});
