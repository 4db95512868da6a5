import { readFileSync } from "node:fs";
import { DONE, delta, json, stream } from "../client/scripted-server.js";
import { type FaultCase, oneChat, oneRequest } from "./fault-case.js";
import { answerWell, chats, path } from "./hostile-server.js";

const fixture = (name: string) => readFileSync(new URL(`../fixtures/client/${name}`, import.meta.url));
const tls = { cert: fixture("tls-cert.pem"), key: fixture("tls-key.pem") };
const HTTP2_SETTINGS = Buffer.from("000012040000000000000300000064000400010000000600010000", "hex");
const TLS_ALERT = Buffer.from("15030100020228", "hex");

/** Whatever comes on a connection before a request was read. */
const GREETINGS: readonly FaultCase[] = (
  [
    ["is closed at once", ["CLOSE"], /closed/i],
    ["is reset at once", ["RESET"], /reset|closed/i],
    ["stays silent", [], /2 s|time/i],
    ["greets as SSH does", ["SSH-2.0-OpenSSH_9.2\r\n"], /HTTP/],
    ["greets as SMTP does", ["220 mail.example ESMTP\r\n"], /HTTP/],
    ["greets as Redis does", ["-ERR unknown command 'GET'\r\n", "CLOSE"], /HTTP/],
    ["speaks HTTP/2 only", [HTTP2_SETTINGS, "CLOSE"], /HTTP/],
    ["answers with a TLS alert", [TLS_ALERT, "CLOSE"], /HTTP|https/],
    ["answers as HTTP/0.9 did, without a head", ["<html>It works!</html>\r\n", "CLOSE"], /HTTP/],
    ["sends zeros", [Buffer.alloc(70_000), "CLOSE"], /HTTP/],
    ["sends line ends alone", ["\r\n\r\n\r\n", "CLOSE"], /HTTP|closed/],
  ] as const
).map(([how, greeting, says]) => ({
  name: `a port ${how}`,
  server: { greeting },
  exit: 1,
  says: [says],
  log: null,
}));

const OTHER_SCHEME: readonly FaultCase[] = [
  {
    name: "https is spoken to a server of http",
    command: (place) =>
      oneRequest()({ ...place, base: place.base.replace("http:", "https:"), origin: place.origin }),
    exit: 1,
    says: [/https?:/],
    log: null,
  },
  {
    name: "http is spoken to a server of https",
    server: { tls },
    command: (place) => oneRequest()({ ...place, base: place.base.replace("https:", "http:") }),
    exit: 1,
    says: [/https?:/],
    log: null,
  },
  {
    name: "a certificate is of its server's own making",
    server: { tls },
    exit: 1,
    says: [/certificate/i],
    log: null,
  },
  {
    name: "a host has no address",
    command: (place) => oneRequest()({ ...place, base: "http://no-such-host.invalid/v1" }),
    exit: 1,
    says: ["no-such-host.invalid"],
    log: null,
  },
];

const redirect = (status: string, to: string) =>
  `HTTP/1.1 ${status}\r\n${to === "" ? "" : `location: ${to}\r\n`}content-length: 0\r\n\r\n`;

/** Nothing is sent on to where a server points, least of all the key. */
const REDIRECTS: readonly FaultCase[] = (
  [
    ["301 Moved Permanently", "https://example.com/v1/models"],
    ["302 Found", "/v1/models"],
    ["303 See Other", "file:///etc/passwd"],
    ["307 Temporary Redirect", "//127.0.0.1:1/v1/models"],
    ["308 Permanent Redirect", ""],
    ["300 Multiple Choices", "javascript:alert(1)"],
  ] as const
).flatMap(([status, to]) => [
  {
    name: `the list of models is answered with ${status} to ${to || "nowhere"}`,
    server: path("/v1/models", [redirect(status, to)]),
    exit: 1,
    says: [status.slice(0, 3)],
    log: null,
  },
  {
    name: `a chat is answered with ${status} to ${to || "nowhere"}`,
    server: chats([redirect(status, to)]),
    exit: 1,
    says: [status.slice(0, 3)],
    log: ["error"],
  },
]);

const HI = [delta({ content: "Hi" }, "stop"), DONE].join("");
const head = (lines: string) =>
  `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n${lines.replaceAll("\n", "\r\n")}\r\n\r\n`;
const whole = `content-length: ${HI.length}`;

/** Heads of a chat's answer, what becomes of the record, and what is said. */
const HEADS = oneChat("a chat's answer", [
  ["has a status that is no number", [`HTTP/1.1 abc OK\r\n${whole}\r\n\r\n${HI}`, "CLOSE"], "error", "HTTP"],
  ["has a status of two digits", [`HTTP/1.1 99 Low\r\n${whole}\r\n\r\n${HI}`, "CLOSE"], "error"],
  ["has a status of four digits", [`HTTP/1.1 2000 OK\r\n${whole}\r\n\r\n${HI}`, "CLOSE"], "error"],
  ["has no status", [`HTTP/1.1\r\n${whole}\r\n\r\n${HI}`, "CLOSE"], "error"],
  ["is of HTTP/3.0", [`HTTP/3.0 200 OK\r\n${whole}\r\n\r\n${HI}`, "CLOSE"], "error"],
  ["has a line without a colon", [head(`nonsense\n${whole}`), HI], "error"],
  ["has a name that is empty", [head(`: nothing\n${whole}`), HI], "error"],
  ["comes byte for byte", [...`${head(whole)}${HI}`], "ok"],
  ["has a header that is folded", [head(`x-note: one\n two\n${whole}`), HI], "error"],
  ["has 500 headers", [head(`${"x-a: b\n".repeat(500)}${whole}`), HI], "ok"],
  ["has bytes beyond ASCII", [head(`x-note: \u00fc\u00e4\n${whole}`), HI], "ok"],
  ["has two lengths that agree", [head(`${whole}\n${whole}`), HI], "ok"],
  ["has two lengths that differ", [head(`content-length: 5\n${whole}`), HI, "CLOSE"], "error", "length"],
  ["has a negative length", [head("content-length: -1"), HI, "CLOSE"], "error", "length"],
  ["has a length that is no number", [head("content-length: long"), HI, "CLOSE"], "error", "length"],
  ["has a length in hexadecimal", [head("content-length: 0x7f"), HI, "CLOSE"], "error", "length"],
  ["has a length with a fraction", [head("content-length: 12.5"), HI, "CLOSE"], "error", "length"],
  ["has a length beyond all numbers", [head(`content-length: 1${"0".repeat(30)}`), HI, "CLOSE"], "error"],
  ["is cut within the status", ["HTTP/1.", "CLOSE"], "incomplete"],
  ["is cut within a name", ["HTTP/1.1 200 OK\r\ncont", "CLOSE"], "incomplete"],
  ["is reset within a name", ["HTTP/1.1 200 OK\r\ncont", "RESET"], "incomplete"],
  ["stays away after half of the head", ["HTTP/1.1 200 OK\r\ncont"], "timeout"],
  ["stays away after the head", [head(whole)], "timeout"],
  ["is another protocol", ["HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n"], "error"],
  ["is 204 without a body", ["HTTP/1.1 204 No Content\r\n\r\n"], "error", "empty body"],
  ["is 304 without a body", ["HTTP/1.1 304 Not Modified\r\n\r\n"], "error", "304"],
  ["is interim and nothing comes after", ["HTTP/1.1 100 Continue\r\n\r\n"], "timeout"],
  ["is interim three times and then good", [...interim(3), head(whole), HI], "ok"],
  ["is interim and then closed", [...interim(1), "CLOSE"], "incomplete"],
]);

function interim(times: number): string[] {
  return Array<string>(times).fill("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
}

/** What befalls the connection while a run goes on. */
const CONNECTIONS: readonly FaultCase[] = [
  {
    name: "a chat's connection is closed before a byte",
    server: chats(["CLOSE"]),
    exit: 1,
    log: ["error"],
  },
  { name: "a chat's connection is reset before a byte", server: chats(["RESET"]), exit: 1, log: ["error"] },
  { name: "a chat is never answered", server: chats([]), exit: 1, says: [" 2 s"], log: ["timeout"] },
  {
    name: "an answer's bytes go on after its end",
    server: chats((request) => [...answerWell(request), "HTTP/1.1 500 No\r\n\r\nmore"]),
    command: oneRequest("--num_following", "2"),
    exit: 0,
    log: ["ok", "ok", "ok"],
  },
  {
    name: "every second answer closes the connection behind it",
    server: chats((request, nth) => (nth % 2 ? answerWell(request) : [...answerWell(request), "CLOSE"])),
    command: oneRequest("--num_following", "3"),
    exit: 0,
    log: ["ok", "ok", "ok", "ok"],
  },
  {
    name: "the list of models is answered with the answer to a chat",
    server: path("/v1/models", stream(delta({ content: "Hi" }), DONE)),
    exit: 1,
    says: [/models/],
    log: null,
  },
  {
    name: "the list of models comes twice on one connection",
    server: path("/v1/models", [json({ data: [{ id: "tiny" }] }), json({ data: [{ id: "tiny" }] })]),
    exit: 0,
    log: ["ok"],
  },
];

/** What goes wrong with connections and with the heads of answers. */
export const SERVER_CONNECTION: readonly FaultCase[] = [
  { name: "nothing listens", server: "refuses", exit: 1, says: [/127\.0\.0\.1/], log: null },
  ...GREETINGS,
  ...OTHER_SCHEME,
  ...REDIRECTS,
  ...HEADS,
  ...CONNECTIONS,
];
