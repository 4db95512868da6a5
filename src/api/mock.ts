import { serveMock } from "../mock/serve-mock.js";

export type { MockLoad, MockOptions } from "../mock/mock-options.js";

/** The mock provider: `mock.serve({ firstTokenDelaySeconds: 0.02 })` starts it and says where it listens. */
export const mock = { serve: serveMock };
