import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.js";

/** An implementation of S3, with what its server needs of it. */
const PACKAGES = ["moto[s3]==5.2.5", "flask==3.1.3", "flask-cors==6.0.5"];
/** Kept between runs; git ignores it. */
const home = fileURLToPath(new URL("../../build/moto/", import.meta.url));
const python = join(home, "bin", "python");
const run = (program: string, ...args: string[]) => spawnSync(program, args, { encoding: "utf8" });

/** Installs moto where it is missing; why it is not to be had, or null. */
export function missingMoto(): string | null {
  if (run(python, "-c", "import flask_cors, moto.server").status === 0) return null;
  run("python3", "-m", "venv", home);
  const { status, stderr, error } = run(
    python,
    "-m",
    "pip",
    "install",
    "--quiet",
    "--no-compile",
    ...PACKAGES,
  );
  return status === 0 ? null : (stderr ?? String(error)).trim().split("\n").at(-1)!;
}

/** What happens to a request: it is refused as by a busy S3, cut in its midst, or answered late. */
export type Fault = "503" | "cut" | "slow";

/** A server of S3 with a bucket, and a proxy before it that makes faults. */
export interface S3Server {
  /** The proxy's address. */
  readonly url: string;
  /** The next `count` requests that match, such as `PUT` or `GET /logs/run`, get a fault. */
  fail(fault: Fault, count: number, match: RegExp): void;
  /** What was asked, such as `PUT /logs/a.jsonl`, and the fault it got. */
  readonly asked: string[];
  /** The ids of the keys that requests were signed with. */
  readonly keys: Set<string>;
  stop(): Promise<void>;
}

/** Starts moto with a bucket. */
export async function startS3(bucket: string): Promise<S3Server> {
  const port = await freePort();
  const moto = spawn(join(home, "bin", "moto_server"), ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: "ignore",
  });
  const made = async () => (await fetch(`http://127.0.0.1:${port}/${bucket}`, { method: "PUT" })).ok;
  while (!(await made().catch(() => false))) {
    if (moto.exitCode !== null) throw new Error("moto did not start");
    await new Promise((wait) => setTimeout(wait, 100));
  }
  let next = { fault: "slow" as Fault, count: 0, match: /^/ };
  const asked: string[] = [];
  const keys = new Set<string>();
  const proxy = createServer((from, to) => {
    const line = `${from.method} ${from.url}`;
    const fault = next.count > 0 && next.match.test(line) ? next.fault : null;
    if (fault !== null) next.count--;
    const [, key] = /Credential=([^/]+)/.exec(from.headers.authorization ?? "") ?? [];
    if (key !== undefined) keys.add(key);
    asked.push(fault === null ? line : `${line} ${fault}`);
    if (fault === "503") from.resume().on("end", () => to.writeHead(503).end(BUSY));
    else if (fault === "cut") cut(from);
    else setTimeout(() => forward(from, to, port), fault === "slow" ? SLOW_MS : 0);
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    fail: (fault, count, match) => {
      next = { fault, count, match };
    },
    ...{ asked, keys },
    async stop() {
      proxy.close();
      proxy.closeAllConnections();
      moto.kill();
      await once(moto, "exit");
    },
  };
}

const BUSY = `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`;
const SLOW_MS = 1_500;

/** Closes the connection as soon as something of the body has come, or at once where there is none. */
function cut(from: IncomingMessage): void {
  const close = () => from.socket.destroy();
  from.once("data", close).once("end", close);
}

function forward(from: IncomingMessage, to: ServerResponse, port: number): void {
  const options = { host: "127.0.0.1", port, path: from.url, method: from.method, headers: from.headers };
  const behind = request(options, (answer) => {
    to.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(to);
  });
  behind.on("error", () => to.destroy());
  from.pipe(behind);
}
