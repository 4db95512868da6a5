import type { FaultCase } from "./fault-case.js";
import { SERVER_CONNECTION } from "./server-connection.cases.js";
import { SERVER_ENDLESS } from "./server-endless.cases.js";
import { SERVER_SETUP } from "./server-setup.cases.js";
import { SERVER_STREAM } from "./server-stream.cases.js";

/** What a server does wrong on the wire. */
export const SERVER: readonly FaultCase[] = [
  ...SERVER_CONNECTION,
  ...SERVER_STREAM,
  ...SERVER_SETUP,
  ...SERVER_ENDLESS,
];
