import { afterEach, describe, expect, it, vi } from "vitest";
import { Deadlines, type Timed } from "../../../src/load/clients/deadlines.js";

afterEach(() => vi.restoreAllMocks());

/** The timers that were set and neither cleared nor over. */
const watchTimers = () => {
  const set = vi.spyOn(globalThis, "setTimeout");
  return () =>
    set.mock.results.filter(({ value }) => !(value as { readonly _destroyed: boolean })._destroyed).length;
};

describe("deadlines", () => {
  it("keep one timer for all their members, also where one that expires brings another, and none when cleared", async () => {
    const live = watchTimers();
    const deadlines = new Deadlines(0.03);
    let expired = 0;
    const member = (next: number): Timed => ({
      expire: () => {
        expired += 1;
        if (next > 0) deadlines.add(member(next - 1));
      },
    });
    for (let i = 0; i < 3; i++) {
      deadlines.add(member(3));
      await new Promise((tick) => setImmediate(tick));
    }
    while (expired < 9) {
      expect(live()).toBeLessThanOrEqual(1);
      await new Promise((tick) => setImmediate(tick));
    }
    deadlines.clear();
    expect(live()).toBe(0);
  });
});
