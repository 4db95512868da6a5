import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { Carrier } from "../../src/wire/carrier.js";
import { openConnection } from "../../src/wire/connection.js";
import { parseEndpoint } from "../../src/wire/endpoint.js";

const LIMITS = { timeoutSeconds: 20, idleTimeoutSeconds: 10 };
const REQUEST = Buffer.from("GET / HTTP/1.1\r\n\r\n");
const ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

let server: Server;
let open: Carrier;
afterEach(() => {
  open.connection.destroy();
  server.close();
});

/** A carrier to a server that does these things, one for each request. */
async function carrierTo(...acts: ((socket: Socket) => void)[]): Promise<Carrier> {
  server = createServer((socket) => socket.on("error", () => {}).on("data", () => acts.shift()?.(socket)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = parseEndpoint(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  open = new Carrier(await openConnection(endpoint, { timeoutSeconds: 10 }));
  return open;
}

function bodyOf() {
  const read = {
    text: "",
    onBody: (_: bigint, bytes: Buffer, start: number, end: number) => take(bytes, start, end),
  };
  const take = (bytes: Buffer, start: number, end: number) => {
    read.text += bytes.toString("latin1", start, end);
  };
  return read;
}

it("nothing of an exchange is left in the next one", async () => {
  const carrier = await carrierTo(
    (socket) => socket.write(ANSWER),
    (socket) => socket.write(ANSWER.replace("200 OK", "404 Not Found")),
    (socket) => socket.end(),
  );
  const bodies = [bodyOf(), bodyOf(), bodyOf()];
  const exchanges = [];
  for (const body of bodies) exchanges.push(await carrier.exchange(REQUEST, body, LIMITS));

  expect(bodies.map(({ text }) => text)).toEqual(["hello", "hello", ""]);
  expect(exchanges.map(({ head }) => head?.status)).toEqual([200, 404, undefined]);
  expect(exchanges.map(({ end }) => end.how)).toEqual(["complete", "complete", "cut"]);
  expect(exchanges.map(({ reusable }) => reusable)).toEqual([true, true, false]);
  expect(exchanges[2]).toMatchObject({ firstByte: null, lastByte: null });
  expect(exchanges[1]!.firstByte! > exchanges[1]!.sent && exchanges[1]!.sent > exchanges[0]!.lastByte!).toBe(
    true,
  );
});

it("the limits of an exchange are its own, and its signal", async () => {
  const carrier = await carrierTo(
    (socket) => socket.write(ANSWER),
    (socket) => socket.write(ANSWER.slice(0, -1)),
  );
  const ended = new AbortController();
  await carrier.exchange(REQUEST, bodyOf(), { ...LIMITS, signal: ended.signal });
  const second = carrier.exchange(REQUEST, bodyOf(), { timeoutSeconds: 20, idleTimeoutSeconds: 0.05 });
  ended.abort();
  expect((await second).end).toEqual({ how: "timeout", limit: "idle", seconds: 0.05 });
});

it("an exchange rejects with what its reader throws", async () => {
  const carrier = await carrierTo((socket) => socket.write(ANSWER));
  const failing = {
    onBody() {
      throw new RangeError("enough");
    },
  };
  await expect(carrier.exchange(REQUEST, failing, LIMITS)).rejects.toThrow("enough");
  expect(carrier.connection.alive).toBe(false);
});

it("an exchange rejects with its signal's reason", async () => {
  const carrier = await carrierTo(() => {});
  const ended = new AbortController();
  const exchange = carrier.exchange(REQUEST, bodyOf(), { ...LIMITS, signal: ended.signal });
  const reason = new Error("no longer wanted");
  ended.abort(reason);
  await expect(exchange).rejects.toBe(reason);
  expect(carrier.connection.alive).toBe(false);
});

it("a reader may end its own exchange with the last byte, and others go on", async () => {
  const carrier = await carrierTo((socket) => socket.write(ANSWER));
  const ended = new AbortController();
  const reason = new Error("seen enough");
  const reader = { onBody: () => ended.abort(reason) };
  const first = carrier.exchange(REQUEST, reader, { ...LIMITS, signal: ended.signal });
  await expect(first).rejects.toBe(reason);
  carrier.connection.destroy();
  server.close();

  const other = await carrierTo((socket) => socket.write(ANSWER));
  expect((await other.exchange(REQUEST, bodyOf(), LIMITS)).end).toEqual({ how: "complete" });
});

const STREAM = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
/** Lets the sockets be polled until it is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}

it.each([
  ["when it ends", false, [0, 0]],
  ["at once where somebody is shown it", true, [1, 2]],
])("a stream is read %s, each piece with the stamp of its arrival", async (_, isLive, shown) => {
  const answering: Socket[] = [];
  const carrier = await carrierTo((socket) => void answering.push(socket));
  const stamps: bigint[] = [];
  const reader = { isLive, onBody: (at: bigint) => void stamps.push(at) };
  const exchange = carrier.exchange(REQUEST, reader, LIMITS);
  await until(() => answering.length > 0);
  const { recording } = carrier.connection;
  const arrived: bigint[] = [];
  for (const [i, piece] of [STREAM + chunk("data: 1\n\n"), chunk("data: 2\n\n")].entries()) {
    const before = recording.length;
    answering[0]!.write(piece);
    await until(() => (isLive ? stamps.length > i : recording.length > before));
    expect(stamps).toHaveLength(shown[i]!);
    arrived.push(process.hrtime.bigint());
  }
  answering[0]!.write(chunk("data: 3\n\n") + chunk(""));
  const { sent, firstByte, lastByte, end } = await exchange;
  expect(end.how).toBe("complete");
  expect(stamps).toHaveLength(3);
  expect([firstByte, lastByte]).toEqual([stamps[0], stamps[2]]);
  const inOrder = [sent, stamps[0]!, arrived[0]!, stamps[1]!, arrived[1]!, stamps[2]!];
  expect(inOrder.toSorted((a, b) => Number(a - b))).toEqual(inOrder);
});

it("what comes after all that was wanted is not in its times, and does not hold it", async () => {
  const carrier = await carrierTo((socket) => {
    socket.write(STREAM + chunk("data: enough\n\n"));
    const pings = setInterval(() => socket.write(chunk(": ping\n\n")), 50);
    socket.on("close", () => clearInterval(pings));
  });
  const seen: bigint[] = [];
  const reader = { onBody: (at: bigint) => void seen.push(at), satisfied: () => seen.length > 0 };
  const { end, firstByte, lastByte } = await carrier.exchange(REQUEST, reader, LIMITS);
  expect(end).toEqual({ how: "satisfied" });
  expect(lastByte).toBe(firstByte);
  expect(seen.length).toBeGreaterThan(1);
});
