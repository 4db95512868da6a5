// Starts a proxy as its only argument says and waits to be killed.
import { startProxy } from "../../dist/proxies/start-proxy.js";

await startProxy({ ...JSON.parse(process.argv[2]), signal: new AbortController().signal });
process.send("started");
setInterval(() => {}, 1_000);
