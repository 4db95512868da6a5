// A proxy for tests, started like LiteLLM: node fake-proxy.mjs [--hold] [--sleep-ms N] [--die|--mute] --config FILE --port N
// It passes requests on to the api_base its configuration names, after sleeping; --hold keeps a stream's chunks back and
// releases them together; --die prints its configuration and exits; --mute accepts connections and never answers;
// --deaf ignores SIGTERM; --child starts a child of its own in its process group. GET /pids tells both; GET /quit ends it.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, request as send } from "node:http";
import { createServer as createTcpServer } from "node:net";

const args = process.argv.slice(2);
const flag = (name) => args.includes(`--${name}`);
const value = (name, otherwise) => (flag(name) ? args[args.indexOf(`--${name}`) + 1] : otherwise);
const port = Number(value("port"));
const config = readFileSync(value("config"), "utf8");
const scalar = (name) => JSON.parse(new RegExp(`${name}: (".*")`).exec(config)[1]);
const sleepMs = Number(value("sleep-ms", "0"));

if (flag("die")) {
  console.error(`starting\ncannot start with ${config}`);
  process.exit(3);
}
if (flag("deaf")) process.on("SIGTERM", () => {});
const pids = [process.pid];
if (flag("child"))
  pids.push(spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" }).pid);
console.log(`listening, and told the key ${scalar("master_key")}`);
if (flag("mute")) createTcpServer(() => {}).listen(port, process.env.HOST);
else createServer(pass).listen(port, process.env.HOST);

async function pass(incoming, outgoing) {
  if (incoming.url === "/pids") return outgoing.end(JSON.stringify(pids));
  if (incoming.url === "/quit") return outgoing.end("", () => process.exit(7));
  if (incoming.url === "/health") return outgoing.writeHead(401).end("no key");
  if (incoming.headers.authorization !== `Bearer ${scalar("master_key")}`) {
    return outgoing.writeHead(401).end(JSON.stringify({ error: { message: `bad key` } }));
  }
  const parts = [];
  for await (const part of incoming) parts.push(part);
  const body = Buffer.concat(parts);
  await new Promise((resolve) => setTimeout(resolve, sleepMs));
  const upstream = send(`${scalar("api_base")}/chat/completions`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "content-length": body.length,
      authorization: `Bearer ${scalar("api_key")}`,
    },
  });
  upstream.on("error", () => outgoing.destroy());
  upstream.on("response", async (answer) => {
    outgoing.writeHead(answer.statusCode, {
      "content-type": answer.headers["content-type"],
      "x-litellm-overhead-duration-ms": String(sleepMs),
    });
    if (!flag("hold")) return answer.pipe(outgoing);
    const held = [];
    for await (const chunk of answer) held.push(chunk);
    outgoing.end(Buffer.concat(held));
  });
  upstream.end(body);
}
