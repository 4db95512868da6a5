export type { MockLoad, MockOptions } from "../mock/mock-options.js";
export { serveMock as serve } from "../mock/serve-mock.js";
