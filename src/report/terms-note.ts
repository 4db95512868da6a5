/** Where the words of a table are explained, in its language: the last of its notes. */
export const TERMS_NOTE = { en: "Terms: docs/words.md.", zh: "术语解释：docs/words.md。" } as const;
