/** A model's only chat template, or of several named ones the default, as `tokenizer_config.json` has them. */
export function chatTemplateIn(value: unknown): string | null {
  if (typeof value === "string") return value;
  const named: readonly unknown[] = Array.isArray(value) ? value : [];
  for (const one of named) {
    const { name, template } = (one ?? {}) as { readonly name?: unknown; readonly template?: unknown };
    if (name === "default" && typeof template === "string") return template;
  }
  return null;
}

/** A special token of `tokenizer_config.json`, which stands there as a text or with its content as one; "" for none. */
export function specialTokenIn(value: unknown): string {
  if (typeof value === "string") return value;
  const content = (value as { readonly content?: unknown } | null | undefined)?.content;
  return typeof content === "string" ? content : "";
}
