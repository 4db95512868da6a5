import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { serve } from "../../src/engine/serve.js";

describe("serve", () => {
  it("says how the server's process ended", async () => {
    const [closed, killed] = [await serve(), await serve()];
    await closed.close();
    expect(await closed.ended).toBe("The engine can't answer any more: its process ended by signal SIGTERM.");
    const pids = spawnSync("ps", ["-o", "pid=,args=", "--ppid", String(process.pid)], { encoding: "utf8" });
    const engines = pids.stdout.split("\n").filter((line) => line.includes("engine/child.js"));
    process.kill(Number.parseInt(engines.at(-1)!, 10), "SIGKILL");
    expect(await killed.ended).toBe("The engine can't answer any more: its process ended by signal SIGKILL.");
  });

  it("ends the server with its parent, however that ends", async () => {
    const module = new URL("../../dist/engine/serve.js", import.meta.url).href;
    const program = `import("${module}").then(({ serve }) => serve()).then(({ url }) => console.log(url))`;
    const parent = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const { port } = new URL(line.toString().trim());
    parent.kill("SIGKILL");
    const listening = () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(Number(port), "127.0.0.1");
        socket.once("connect", () => socket.destroy() && resolve(true));
        socket.once("error", () => resolve(false));
      });
    for (let i = 0; i < 100 && (await listening()); i++) await sleep(50);
    expect(await listening()).toBe(false);
  });
});
