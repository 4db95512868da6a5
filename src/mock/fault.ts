import type { MockFaults } from "./mock-options.js";

/** What goes wrong with one answer. */
export type Fault =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "reset" | "stall" | "cut" | "malformed" };

/** Every fault that may be met with its share of the requests, in one order always. */
export function faultShares(
  faults: MockFaults,
): readonly { readonly fault: Fault; readonly share: number }[] {
  const statuses = Object.entries(faults.statuses ?? {}).map(([status, share]) => ({
    fault: { kind: "status", status: Number(status) } as const,
    share,
  }));
  const kinds = (["reset", "stall", "cut", "malformed"] as const).map((kind) => ({
    fault: { kind },
    share: faults[kind] ?? 0,
  }));
  return [...statuses, ...kinds].filter(({ share }) => share > 0);
}

/** The fault that a draw from [0, 1) means; faults exclude each other, so that each has its whole share. */
export function faultAt(shares: ReturnType<typeof faultShares>, draw: number): Fault | null {
  let below = 0;
  for (const { fault, share } of shares) {
    below += share;
    if (draw < below) return fault;
  }
  return null;
}
