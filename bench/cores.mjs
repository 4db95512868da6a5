// A core of its own for the client that is measured, and the others for what it talks to: on a shared core each would be
// timed while it waits for the other.
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** @returns how cores are divided, in words, and what makes a command line run on those of the client or the server. */
export function divideCores() {
  const all = coresOfThisProcess();
  if (all.length < 2) {
    return {
      said: "The client has no core of its own: taskset is missing, or there is only one core.",
      client: (command, ...args) => [command, args],
      server: (command, ...args) => [command, args],
    };
  }
  const [client, ...others] = all;
  const server = others.join(",");
  const on =
    (cores) =>
    (command, ...args) => ["taskset", ["-c", cores, command, ...args]];
  return {
    said: `The client runs on core ${client} alone, the server on core ${server}, of ${availableParallelism()}.`,
    client: on(String(client)),
    server: on(server),
  };
}

/** Empty without taskset. */
function coresOfThisProcess() {
  try {
    const list = execFileSync("taskset", ["-cp", String(process.pid)], { encoding: "utf8" }).split(": ")[1];
    return list
      .trim()
      .split(",")
      .flatMap((part) => {
        const [from, to = from] = part.split("-").map(Number);
        return Array.from({ length: to - from + 1 }, (_, i) => from + i);
      });
  } catch {
    return [];
  }
}
