// These properties and simulations once more, each tried as often as `runs` says for long suites.
import "./client/answer/stream-scanner.test.js";
import "./client/two-readers.test.js";
import "./engine/files/safetensors-folder.test.js";
import "./engine/methods/blend.test.js";
import "./experiments/load/limit/find-limit.test.js";
import "./launch/jobs/slurm-jobs.test.js";
import "./load/answers/answer-reader.test.js";
import "./load/clients/packed-requests.test.js";
import "./logs/files/jsonl.test.js";
import "./logs/foreign/bad-files.test.js";
import "./logs/records/line-scanner.test.js";
import "./logs/round-trip.test.js";
import "./methods/cache-evidence.test.js";
import "./proxies/split-command.test.js";
import "./stats/change-point.test.js";
import "./stats/paired.test.js";
import "./wire/event-stream.test.js";
