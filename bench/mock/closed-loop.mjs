// Keeps `concurrency` requests under way for `seconds` and prints { perSecond, serverCpu, clientCpu } as JSON. It
// only looks for where an answer ends, so that the server, not this client, is what limits the rate.
import { readFileSync } from "node:fs";
import { connect } from "node:net";

const [port, mode, concurrency, seconds, serverPid] = process.argv.slice(2);
const WARM_MS = 1_000;

const body = JSON.stringify({
  model: "bench",
  messages: [{ role: "user", content: "Hello" }],
  ...(mode === "stream" ? { stream: true } : {}),
});
const request = Buffer.from(
  `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer sk-1234\r\naccept: */*\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
);

let answers = 0;

/** Finds the end of a chunked answer by its last bytes. */
function streamEnd() {
  let tail = "";
  return (buffer, read) => {
    tail = (tail + buffer.latin1Slice(Math.max(0, read - 7), read)).slice(-7);
    return tail === "\r\n0\r\n\r\n";
  };
}

/** Finds the end of a counted answer by its length. */
function countedEnd() {
  let text = "";
  return (buffer, read) => {
    text += buffer.latin1Slice(0, read);
    const head = text.indexOf("\r\n\r\n");
    if (head === -1) return false;
    if (!text.startsWith("HTTP/1.1 200")) throw new Error(text);
    const length = Number(/content-length: (\d+)/i.exec(text)[1]);
    if (text.length < head + 4 + length) return false;
    text = "";
    return true;
  };
}

for (let i = 0; i < Number(concurrency); i++) {
  const isEnd = mode === "stream" ? streamEnd() : countedEnd();
  const socket = connect({
    port: Number(port),
    host: "127.0.0.1",
    noDelay: true,
    onread: {
      buffer: Buffer.alloc(64 * 1024),
      callback: (read, buffer) => {
        if (isEnd(buffer, read)) {
          answers += 1;
          socket.write(request);
        }
        return true;
      },
    },
  });
  socket.on("close", () => {
    throw new Error("the server closed a connection");
  });
  socket.write(request);
}

/** CPU seconds so far of a process and its children, where /proc tells; clock ticks are 100 a second on Linux. */
function cpuSeconds(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop().split(" ");
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    return children.map(cpuSeconds).reduce((sum, one) => sum + one, (+fields[11] + +fields[12]) / 100);
  } catch {
    return Number.NaN;
  }
}

const mark = () => ({
  answers,
  at: performance.now() / 1000,
  server: cpuSeconds(serverPid),
  client: cpuSeconds(process.pid),
});

setTimeout(() => {
  const from = mark();
  setTimeout(() => {
    const until = mark();
    const perSecond = (key) => (until[key] - from[key]) / (until.at - from.at);
    console.log(
      JSON.stringify({
        perSecond: perSecond("answers"),
        serverCpu: perSecond("server"),
        clientCpu: perSecond("client"),
      }),
    );
    process.exit(0);
  }, Number(seconds) * 1000);
}, WARM_MS);
