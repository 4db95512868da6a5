import { expect, it } from "vitest";
import { ttftChart } from "../../src/report/ttft/ttft-chart.js";
import { whyEmpty } from "../../src/report/why-empty.js";
import { EVERY_CHART } from "./every-chart.js";
import { rows } from "./ttft-rows.js";

/** Requests that all failed still have a goodput, and a share that was reused. */
const SHOWN_ANYWAY = ["load.goodputChart", "load.reuseChart"];

it.each(
  Object.entries(EVERY_CHART).filter(([name]) => !SHOWN_ANYWAY.includes(name)),
)("%s without a point says why, and not what its points would be", (_, draw) => {
  const { figure, caption } = draw({ labels: ["vLLM"], places: 3, isMeasured: false });
  const [sentence] = figure.layout.annotations as { text: string }[];
  expect(sentence!.text.replaceAll("<br>", " ")).toMatch(
    /^Nothing to show: (no requests|all [\d,]+ requests failed)$/,
  );
  expect(caption).not.toMatch(/median|interval|by model/);
});

it("tells failed requests from those that do not count", () => {
  expect(whyEmpty([])).toBe("no requests");
  expect(whyEmpty([{ outcome: "timeout" }])).toBe("the only request failed");
  expect(whyEmpty([{ outcome: "ok" }, { outcome: "error" }])).toBe(
    "none of 2 requests counts; the table says why",
  );
  const contradicted = rows("vLLM", "cold", [1, 2], { evidence: "contradicted" });
  expect(ttftChart(contradicted).figure.layout.annotations).toMatchObject([
    { text: "Nothing to show: none of 2 requests counts; the table says why" },
  ]);
});
