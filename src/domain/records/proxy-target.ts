/** Where a request went: to the provider itself, or through the proxy. */
export const PROXY_TARGETS = ["direct", "proxied"] as const;
export type ProxyTarget = (typeof PROXY_TARGETS)[number];

/** How the answer was asked for: in one piece, or as a stream. */
export const ANSWER_MODES = ["chat", "stream"] as const;
export type AnswerMode = (typeof ANSWER_MODES)[number];
