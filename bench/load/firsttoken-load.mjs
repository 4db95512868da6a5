// A closed loop of firsttoken: URL, mode, requests, concurrency, tokens of each request's own prompt (0: one short prompt for
// all), threads. Prints what the load took.
import { runLoad } from "../../dist/load/run-load.js";
import { parseEndpoint } from "../../dist/wire/endpoint.js";
import { commonHeaders, prepareRequest } from "../../dist/wire/http-request.js";
import { sharedBytes } from "../../dist/wire/shared-bytes.js";

const [url, mode, requests, concurrency, promptTokens = "0", threads = "1"] = process.argv.slice(2);
const KEY = "sk-1234";
const bodyOf = (content) => ({ model: "bench", messages: [{ role: "user", content }], max_tokens: 1 });

const WORDS = " word".repeat(Number(promptTokens));
/** All of the same length, which is all that the provider looks at. */
const promptOf = (number) => `${String(number).padStart(8, "0")}${WORDS}`;

function posts(count) {
  const endpoint = parseEndpoint(url);
  const headers = commonHeaders(endpoint, KEY, {});
  return Array.from({ length: count }, (_, number) => ({
    endpoint,
    secrets: [KEY],
    bytes: prepareRequest(
      "POST",
      `${endpoint.basePath}/chat/completions`,
      headers,
      {
        json: { ...bodyOf(promptOf(number)), ...(mode === "stream" && { stream: true }) },
        accept: mode === "stream" ? "text/event-stream" : "application/json",
      },
      sharedBytes,
    ),
  }));
}

const planOf = (count) => ({
  ...(Number(promptTokens) > 0
    ? { posts: posts(count) }
    : { url, apiKey: KEY, body: bodyOf("hi"), requests: count }),
  mode,
  arrivals: { kind: "closed", concurrency: Number(concurrency) },
  timeoutSeconds: 30,
  threads: Number(threads),
});

const secondsOf = ({ user, system }) => (user + system) / 1e6;

// Code is compiled before anything counts; the worker is kept.
const cold = await runLoad(planOf(Math.min(20_000, Number(requests))));
// Requests are made before the clock starts: the CPU for it is counted, and told apart.
const before = process.cpuUsage();
const plan = planOf(Number(requests));
const making = secondsOf(process.cpuUsage(before));
const result = await runLoad(plan);
const cpu = secondsOf(process.cpuUsage(before));
const failed = result.requests.find(({ outcome }) => outcome !== "ok");
if (failed !== undefined) throw new Error(failed.error);
const lagsOf = (load) => load.requests.map(({ first_lag_seconds }) => first_lag_seconds);
const lags = lagsOf(result);
const { seconds, client } = result;
console.log(
  JSON.stringify({ requests: lags.length, seconds, cpu, making, client, lags, coldLags: lagsOf(cold) }),
);
