import { describe, expect, it } from "vitest";
import { lostContent } from "../../../src/experiments/proxy/lost-content.js";
import { proxyRow } from "../../report/proxy-rows.js";

const row = (
  target: "direct" | "proxied",
  chunks: number,
  content_bytes: number,
  mode: "stream" | "chat" = "stream",
) => proxyRow({ target, mode, chunks, content_bytes });
const marked = (...rows: readonly ReturnType<typeof row>[]) => {
  const lost = lostContent();
  lost.see(rows);
  return lost.mark(rows).filter(({ outcome }) => outcome !== "ok");
};
const direct = [row("direct", 20, 40), row("direct", 20, 40)];

describe("a proxied stream", () => {
  it("that lost chunks failed, though it ended well", () => {
    const [failed, ...others] = marked(...direct, row("proxied", 19, 38), row("proxied", 20, 40));
    expect(others).toEqual([]);
    expect(failed).toMatchObject({
      target: "proxied",
      outcome: "incomplete",
      failure: "lost content",
      error:
        "The stream ended well but held 38 bytes of text in 19 chunks, where every direct one held 40 in 20.",
    });
  });

  it("whose chunks were joined or parted lost nothing", () => {
    expect(marked(...direct, row("proxied", 1, 40), row("proxied", 40, 40), row("proxied", 19, 41))).toEqual(
      [],
    );
  });

  it("that lost text where chunks were joined too is found", () => {
    expect(marked(...direct, row("proxied", 2, 38))).toHaveLength(1);
  });

  it("is held against nothing where direct streams differ, are too few, or were no streams", () => {
    expect(marked(...direct, row("direct", 19, 38), row("proxied", 5, 10))).toEqual([]);
    expect(marked(row("direct", 20, 40), row("proxied", 5, 10))).toEqual([]);
    expect(marked(...direct, row("proxied", 0, 5, "chat"))).toEqual([]);
  });

  it("is held against direct streams that ended well alone", () => {
    const broken = proxyRow({
      target: "direct",
      mode: "stream",
      chunks: 3,
      content_bytes: 6,
      outcome: "incomplete",
    });
    expect(
      marked(...direct, broken, row("proxied", 19, 38)).filter(({ target }) => target === "proxied"),
    ).toHaveLength(1);
  });
});
