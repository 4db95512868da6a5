import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { afterPoll } from "../../src/wire/exchange.js";

it("sockets are read between any two tasks, and a task that waits is not added again", async () => {
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
  await new Promise<void>((resolve) => {
    const first = () => {
      order.push("first");
      peer.write("x");
    };
    afterPoll(first);
    afterPoll(() => order.push("second"));
    afterPoll(first);
    afterPoll(() => {
      order.push("third");
      afterPoll(resolve);
    });
  });
  expect(order).toEqual(["first", "read", "second", "third"]);
  client.destroy();
  server.close();
});
