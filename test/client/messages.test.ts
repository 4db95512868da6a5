import { describe, expect, it } from "vitest";
import { serverMessage } from "../../src/client/event/server-error.js";
import { toldLine } from "../../src/domain/plain-text.js";

describe("a server's message", () => {
  it.each([
    ['{"error":{"message":"File Not Found","code":404}}', "File Not Found"],
    ['{"error":"model not found"}', "model not found"],
    ['{"message":"nope"}', "nope"],
    ['{"object":"error","message":"too long","code":400}', "too long"],
    ['{"detail":"Not Found"}', "Not Found"],
    ['{"detail":[{"loc":["body","model"],"msg":"field required"}]}', "field required"],
    ['{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}', "insufficient balance"],
    ['{"success":false,"errors":[{"code":1,"message":"over limit"}]}', "over limit"],
    ['{"error_code":18,"error_msg":"request limit reached"}', "request limit reached"],
    ['{"fault":{"faultstring":"quota violated"}}', "quota violated"],
    ['"just text"', "just text"],
    ['{"unknown":1}', '{"unknown":1}'],
    ["plain\ntext", "plain text"],
    ["<html><head><style>b{}</style></head><body><h1>502</h1>\nBad Gateway</body></html>", "502 Bad Gateway"],
    ["", ""],
  ])("is found in %j", (body, message) => {
    expect(serverMessage(body)).toBe(message);
  });

  it("is cut between characters, at 300", () => {
    expect([...toldLine("🌍".repeat(400))].length).toBe(300);
    expect(toldLine("🌍".repeat(400)).endsWith("🌍…")).toBe(true);
    expect(toldLine("x".repeat(300))).toBe("x".repeat(300));
  });
});
