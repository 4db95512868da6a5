import { describe, expect, it } from "vitest";
import { jinjaTemplate } from "../../src/domain/jinja-template.js";

describe("a chat template", () => {
  it("is rendered with what it is told", async () => {
    const render = await jinjaTemplate("{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}");
    expect(render({ messages: [{ role: "user", content: "Hi" }] })).toBe("[user] Hi");
    expect(render({ messages: [] })).toBe("");
  });

  it.each([
    [
      "loops without an end",
      "{% for i in range(9999999) %}{% for j in range(9999999) %}{% endfor %}{% endfor %}",
      0.5,
      /did not end within 0.5 s/,
    ],
    [
      "grows a list without an end",
      "{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
      0.5,
      /did not end within 0.5 s|Invalid array length/,
    ],
    [
      "doubles a text without an end",
      "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
      0.5,
      /Invalid string length|did not end|more than/,
    ],
    [
      "renders more than a request may have",
      "{% set n = namespace(x='ab') %}{% for i in range(26) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
      undefined,
      /rendered 134217728 characters, more than 67108864/,
    ],
    ["calls itself", "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}", undefined, /./],
  ])("that %s is stopped, and the process goes on", async (_, source, mostSeconds, message) => {
    const render = await jinjaTemplate(source, mostSeconds);
    expect(() => render({ messages: [] })).toThrow(message);
    expect((await jinjaTemplate("{{ 1 + 1 }}"))({})).toBe("2");
  });

  it("that is none, or too long to be one, is an error", async () => {
    await expect(jinjaTemplate("{% for %}")).rejects.toThrow();
    await expect(jinjaTemplate("x".repeat(2 ** 20 + 1))).rejects.toThrow("more than 1048576");
  });
});
