import type { Random } from "../../src/stats/random.js";

/** Waiting and service in a queue with one server, requests coming as a Poisson process; service takes 1 on average. */
export function queueLatencies(
  count: number,
  {
    load,
    skipped,
    service = "constant",
  }: { load: number; skipped: number; service?: "constant" | "exponential" },
  draw: Random,
): number[] {
  const exponential = () => -Math.log(1 - draw());
  const latencies: number[] = [];
  let wait = 0;
  for (let request = 0; request < skipped + count; request++) {
    const seconds = service === "constant" ? 1 : exponential();
    if (request >= skipped) latencies.push((wait + seconds) * (1 + 0.05 * draw.normal()));
    wait = Math.max(0, wait + seconds - exponential() / load);
  }
  return latencies;
}

/** A first-order autoregression around `level`, from its steady state; its standard deviation is 1. */
export function autoregression(count: number, correlation: number, level: number, draw: Random): number[] {
  const innovation = Math.sqrt(1 - correlation ** 2);
  let value = draw.normal();
  return Array.from({ length: count }, () => {
    value = correlation * value + innovation * draw.normal();
    return level + value;
  });
}
