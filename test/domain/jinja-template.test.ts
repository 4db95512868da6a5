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
      /did not end within 2 s/,
    ],
    [
      "grows a list without an end",
      "{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
      /did not end within 2 s|Invalid array length/,
    ],
    [
      "doubles a text without an end",
      "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
      /Invalid string length|did not end|more than/,
    ],
    [
      "renders more than a request may have",
      "{% set n = namespace(x='ab') %}{% for i in range(26) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
      /rendered 134217728 characters, more than 67108864/,
    ],
    ["calls itself", "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}", /./],
  ])("that %s is stopped, and the process goes on", async (_, source, message) => {
    const render = await jinjaTemplate(source);
    expect(() => render({ messages: [] })).toThrow(message);
    expect((await jinjaTemplate("{{ 1 + 1 }}"))({})).toBe("2");
  });

  it("that is none, or too long to be one, is an error", async () => {
    await expect(jinjaTemplate("{% for %}")).rejects.toThrow();
    await expect(jinjaTemplate("x".repeat(2 ** 20 + 1))).rejects.toThrow("more than 1048576");
  });
});
