import { describe, expect, it } from "vitest";
import { wantedOfScrape } from "../../../src/servers/recognise.js";

/** The lines of a scrape that are wanted. */
const wanted = (...lines: readonly string[]) => lines.filter(wantedOfScrape());

describe("of a scrape", () => {
  it("the series of counters are wanted, every one of them", () => {
    const lines = [
      'vllm:prefix_cache_hits_total{engine="0"} 12',
      'vllm:prefix_cache_hits_total{engine="1"} 13',
      "  vllm:num_requests_running 0",
      "vllm:request_queue_time_seconds_sum 0.5",
      "vllm:request_queue_time_seconds_count 3",
      'vllm:cache_config_info{block_size="16"} 1',
      "sglang:cached_tokens_total 4",
    ];
    expect(wanted(...lines)).toEqual(lines);
  });

  it("of others the first is, that shows who the server is", () => {
    expect(wanted("vllm:other 1", "vllm:other 2", "vllm:another 3", "lmcache:x 1", "lmcache:y 1")).toEqual([
      "vllm:other 1",
      "lmcache:x 1",
    ]);
    // One line may be two signs.
    expect(wanted("vllm:lmcache_mp_lookups 1", "vllm:other 1")).toEqual(["vllm:lmcache_mp_lookups 1"]);
  });

  it("comments, buckets and whatever is no sample are not", () => {
    const bucket = 'vllm:request_queue_time_seconds_bucket{le="1"} 3';
    expect(
      wanted("vllm:x 1", "# HELP vllm:num_requests_running …", bucket, "", "{", "python_info 1"),
    ).toEqual(["vllm:x 1"]);
  });
});
