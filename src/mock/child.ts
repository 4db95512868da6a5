import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { random } from "../stats/random.js";
import { behindDoor } from "./behind-door.js";
import { serveConnection } from "./http/connection.js";
import { mockApi } from "./mock-api.js";
import { watchOwnLoad } from "./own-load.js";
import type { ChildOptions, ChildReport } from "./serve-mock.js";

/** All connections of a load may arrive at once. */
const BACKLOG = 4_096;

/** The provider's own process: reads its options from the command line and tells its parent where it listens. */
async function main(): Promise<void> {
  const { port, host, allowedHosts, ...settings } = JSON.parse(process.argv[2]!) as ChildOptions;
  // What stops a command reaches the whole group; the parent decides when the server ends, and the server ends with it.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
  process.on("disconnect", () => process.exit());
  // The parent may have died before this line was reached.
  if (!process.connected) process.exit();
  const api = mockApi(settings, {
    random: random(settings.seed),
    now: process.hrtime.bigint,
    wallTime: Date.now,
  });
  const server = createServer({ noDelay: true }, (socket) =>
    serveConnection(socket, behindDoor({ host, allowedHosts }, socket.localAddress, api)),
  );
  server.listen(port, host, BACKLOG);
  await once(server, "listening");
  const ownLoad = watchOwnLoad(() => api.requests);
  process.on("message", async () => say({ load: await ownLoad() }));
  say({ listening: (server.address() as AddressInfo).port });
}

const say = (report: ChildReport, then = () => {}) => process.send?.(report, then);

main().catch((error: NodeJS.ErrnoException) => {
  const failed =
    error.code === "EADDRINUSE"
      ? "address already in use; choose another port, or port 0 for a free one"
      : error.message;
  say({ failed }, () => process.exit(1));
});
