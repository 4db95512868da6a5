// A closed loop of firsttoken: URL, mode, requests, concurrency, threads. Prints what the load took.
import { runLoad } from "../../dist/load/run-load.js";

const [url, mode, requests, concurrency, threads = "1"] = process.argv.slice(2);
const load = (count) =>
  runLoad({
    url,
    apiKey: "sk-1234",
    mode,
    body: { model: "bench", messages: [{ role: "user", content: "hi" }], max_tokens: 1 },
    requests: count,
    arrivals: { kind: "closed", concurrency: Number(concurrency) },
    timeoutSeconds: 30,
    threads: Number(threads),
  });

// Code is compiled before anything counts; the worker is kept.
await load(Math.min(20_000, Number(requests)));
const before = process.cpuUsage();
const result = await load(Number(requests));
const { user, system } = process.cpuUsage(before);
const failed = result.requests.find(({ outcome }) => outcome !== "ok");
if (failed !== undefined) throw new Error(failed.error);
const lags = result.requests.map(({ first_lag_seconds }) => first_lag_seconds);
const { seconds, client } = result;
const cpu = (user + system) / 1e6;
console.log(JSON.stringify({ requests: lags.length, seconds, cpu, client, lags }));
