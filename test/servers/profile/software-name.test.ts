import { expect, it } from "vitest";
import { softwareName } from "../../../src/servers/profile/profile.js";

it("puts the version behind what it is the version of", () => {
  expect(softwareName("LiteLLM", "1.83.14")).toBe("LiteLLM 1.83.14");
  expect(softwareName("vLLM with LMCache in its process", "0.32.0")).toBe(
    "vLLM 0.32.0 with LMCache in its process",
  );
  expect(softwareName("the embedded engine", null)).toBe("the embedded engine");
});
