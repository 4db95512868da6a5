import { expect, it } from "vitest";
import * as mock from "../../src/api/mock.js";
import { connect } from "../../src/index.js";

it("writes a timed completion as JSON, its stamps as texts, whether it was answered or not", async () => {
  const provider = await mock.serve({ port: 0, chunks: 2 });
  const server = await connect(provider.url, { model: "mock" });
  const messages = [{ role: "user" as const, content: "hello" }];
  const answered = await server.chat({ messages, maxTokens: 2 });
  await provider.close();
  const refused = await server.chat({ messages, maxTokens: 2 });
  for (const completion of [answered, refused]) {
    const { at } = JSON.parse(JSON.stringify(completion)) as { at: Record<string, string | null> };
    expect(Object.keys(at)).toEqual(["sent", "firstByte", "firstToken", "done"]);
    expect(BigInt(at.sent!)).toBe(completion.at.sent);
    expect(at.firstToken).toBe(completion.at.firstToken?.toString() ?? null);
  }
  expect([answered.outcome, refused.outcome]).toEqual(["ok", "error"]);
  server.close();
});
