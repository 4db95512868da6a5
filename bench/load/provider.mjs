// A chat-completions provider for the load benchmark, in its own process: as little work as a server can do, so that
// it is not what is measured. Prints its port. A stream is 20 content chunks, each an HTTP chunk, all in one write.
// With "ids" every stream has an id of its own, as real servers write it; with a number, the first content comes one to
// two times that many milliseconds late and the rest as long after it, each with "@" and the monotonic time of sending.
import { createServer } from "node:net";

const mode = process.argv[2] ?? "same";
const DELAY_MS = Number(mode);
const CHUNKS = 20;

const chunk = (payload) => `${Buffer.byteLength(payload).toString(16)}\r\n${payload}\r\n`;
const event = (id, delta, finish = "null") =>
  chunk(
    `data: {"id": "chatcmpl-${id}", "object": "chat.completion.chunk", "created": 1790000000, "model": "bench", "choices": [{"index": 0, "delta": ${delta}, "finish_reason": ${finish}}]}\n\n`,
  );
const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const before = (id) => HEAD + event(id, '{"role": "assistant"}');
const stamp = () => `@${process.hrtime.bigint()}`;
const after = (id, contents, text = "hello") =>
  event(id, `{"content": "${text}"}`).repeat(contents) +
  event(id, "{}", '"stop"') +
  chunk("data: [DONE]\n\n") +
  chunk("");
const stream = (id) => Buffer.from(before(id) + after(id, CHUNKS));

const body =
  '{"id": "chatcmpl-bench", "object": "chat.completion", "created": 1790000000, "model": "bench", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}';
const WHOLE = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
);
/** Made before anything is measured; each differs in its id. */
const STREAMS = Array.from({ length: mode === "ids" ? 512 : 1 }, (_, i) =>
  stream(`${(1e15 + i * 7919).toString(36)}`),
);
let next = 0;

function answer(socket, streamed) {
  if (!streamed) socket.write(WHOLE);
  else if (!(DELAY_MS > 0)) socket.write(STREAMS[next++ % STREAMS.length]);
  else {
    socket.write(before("late"));
    setTimeout(
      () => {
        socket.write(event("late", `{"content": "${stamp()}"}`));
        setTimeout(() => socket.write(after("late", CHUNKS - 1, stamp())), DELAY_MS);
      },
      DELAY_MS * (1 + Math.random()),
    );
  }
}

createServer({ noDelay: true }, (socket) => {
  /** Of the connection's first request, which all others resemble: its length, and whether it wants a stream. */
  let length = 0;
  let streamed = false;
  let received = 0;
  let text = "";
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    received += bytes.length;
    if (length === 0) {
      text += bytes.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      if (end === -1) return;
      const whole = end + 4 + Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0);
      if (text.length < whole) return;
      length = whole;
      streamed = /"stream": *true/.test(text);
    }
    for (; received >= length; received -= length) answer(socket, streamed);
  });
}).listen(0, "127.0.0.1", 4096, function listening() {
  console.log(this.address().port);
});
