import { connect } from "node:net";
import { OptionError } from "../domain/errors/errors.js";

/**
 * Makes sure that nothing listens on a port yet, because it would be measured instead of the proxy.
 *
 * @throws OptionError if something does.
 */
export async function requireFreePort(host: string, port: number): Promise<void> {
  if (!(await isTaken(host, port))) return;
  throw new OptionError(
    "proxyPort",
    `must be free, but something listens on ${host}:${port} already: choose another port, stop it, or measure ` +
      "it as it is with --no-start-proxy",
    port,
  );
}

function isTaken(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const say = (taken: boolean) => {
      socket.destroy();
      resolve(taken);
    };
    socket.once("connect", () => say(true));
    socket.once("timeout", () => say(false));
    socket.once("error", () => say(false));
  });
}
