import type { FaultCase } from "./fault-case.js";
import { chats } from "./hostile-server.js";

/** What a server does wrong on the wire. */
export const SERVER: readonly FaultCase[] = [
  { name: "nothing listens", server: "refuses", exit: 1, says: [/127\.0\.0\.1/], log: null },
  {
    name: "the chat's connection is reset within the head",
    server: chats(["HTTP/1.1 200 OK\r\ncont", "RESET"]),
    exit: 1,
    log: ["incomplete"],
  },
  { name: "the chat is never answered", server: chats([]), exit: 1, log: ["timeout"] },
];
