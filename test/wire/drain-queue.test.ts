import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { type Drainable, DrainQueue } from "../../src/wire/drain-queue.js";

it("sockets are read between any two members where one is read in each turn", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [[peer]] = (await Promise.all([once(server, "connection"), once(client, "connect")])) as [
    [Socket],
    unknown,
  ];

  const order: string[] = [];
  client.on("data", () => order.push("read"));
  const queue = new DrainQueue(0);
  await new Promise<void>((resolve) => {
    const first = {
      drain() {
        order.push("first");
        peer.write("x");
      },
    };
    queue.add(first);
    queue.add({ drain: () => void order.push("second") });
    queue.add({
      drain() {
        order.push("third");
        queue.add({ drain: resolve });
      },
    });
  });
  expect(order).toEqual(["first", "read", "second", "third"]);
  client.destroy();
  server.close();
});

it.each([
  [0, 20],
  [1000, 5000],
])("each member is read as often as it was added, in order (%d ms a turn, %d members)", async (turnMs, many) => {
  const queue = new DrainQueue(turnMs);
  const read: number[] = [];
  const rounds = 3;
  await new Promise<void>((resolve) => {
    const member = (i: number): Drainable => ({
      drain() {
        read.push(i);
        // Some are added while others wait, so that the list is never empty before the end.
        if (read.length <= (rounds - 1) * many) queue.add(this);
        if (read.length === rounds * many) resolve();
      },
    });
    for (let i = 0; i < many; i++) queue.add(member(i));
  });
  expect(read).toEqual(Array.from({ length: rounds * many }, (_, i) => i % many));
});
