// The mock provider, which notes for itself when it had read each request and when it sent each piece of the answer: by the clock
// of the machine, in nanoseconds, a line of JSON a request, on standard output. Its first line is the port.
import { createServer } from "node:net";
import { serveConnection } from "../../dist/mock/http/connection.js";
import { mockApi } from "../../dist/mock/mock-api.js";
import { random } from "../../dist/stats/random.js";

const [firstTokenMs, chunks, gapMs] = process.argv.slice(2).map(Number);
const faults = { statuses: {}, reset: 0, stall: 0, cut: 0, malformed: 0 };
const settings = {
  firstTokenDelaySeconds: firstTokenMs / 1000,
  chunkGapSeconds: gapMs / 1000,
  ...{ chunks, jitter: 0, faults, seed: 1, stamps: true },
};
let sent = [];
const now = () => {
  const at = process.hrtime.bigint();
  sent.push(at);
  return at;
};
const api = mockApi(settings, { random: random(1), now, wallTime: Date.now });

const answering = {
  refusal: (error) => api.refusal(error),
  request: (request) => timed(api.request(request), process.hrtime.bigint()),
};

/** An answer whose pieces are noted; a stamp is taken when a piece is asked for, and written at once. */
function* timed(answer, received) {
  const own = [];
  for (;;) {
    sent = own;
    const { value, done } = answer.next();
    if (done) break;
    yield value;
  }
  const seconds = own.map((at) => Number(at - received) / 1e9);
  if (seconds.length > 0) console.log(JSON.stringify(seconds));
}

const server = createServer({ noDelay: true }, (socket) => serveConnection(socket, answering));
server.listen(0, "127.0.0.1", 4_096, () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit());
