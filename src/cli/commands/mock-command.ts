import { Command, InvalidArgumentError } from "commander";
import * as mock from "../../api/mock.js";
import { aborted } from "../../domain/waiting.js";
import { formatCount, formatCounted, formatNumber } from "../../tables/format.js";
import { interruptible } from "../ending/interruption.js";
import { allowedHost } from "../flags/allowed-host.js";
import { addPortArgument, LAST_PORT, wholeNumber } from "../flags/flags.js";
import { flag } from "../flags/vocabulary.js";
import type { Console } from "../screen/console.js";

interface MockFlags {
  readonly port: number;
  readonly host: string;
  readonly allowed_host?: readonly string[];
  readonly first_token_delay_ms: number;
  readonly stream_chunks: number;
  readonly chunk_gap_ms: number;
  readonly jitter: number;
  readonly fault_status?: Readonly<Record<number, number>>;
  readonly fault_reset: number;
  readonly fault_stall: number;
  readonly fault_cut: number;
  readonly fault_malformed: number;
  readonly seed: number;
  readonly stamps?: true;
}

/** `firsttoken mock`: the mock provider as an OpenAI-compatible server, until Ctrl-C. */
export function mockCommand(console: Console): Command {
  const command = new Command("mock").description(
    "serve a mock provider: an OpenAI-compatible server with the delays and faults you choose",
  );
  return addPortArgument(command, { flag: "port", shown: "PORT", valueAt: (port) => port, least: 0 })
    .option("--port <n>", "port to listen on; 0 takes a free one", wholeNumber(0, LAST_PORT), 8_099)
    .option("--host <address>", "where it listens", "127.0.0.1")
    .addOption(allowedHost())
    .option("--first_token_delay_ms <n>", "delay before the first chunk, or before a whole answer", number, 0)
    .option("--stream_chunks <n>", "content chunks of a stream", wholeNumber(1), 20)
    .option("--chunk_gap_ms <n>", "delay between chunks; 0 sends all at once", number, 0)
    .option("--jitter <share>", "each delay is drawn uniformly from 1 ± this share of it", number, 0)
    .option(
      "--fault_status <status=share>",
      "share of requests answered with this status; repeatable",
      status,
    )
    .option("--fault_reset <share>", "share of requests whose connection is reset", number, 0)
    .option("--fault_stall <share>", "share of requests that get headers and then nothing", number, 0)
    .option("--fault_cut <share>", "share of requests whose answer is cut off in the middle", number, 0)
    .option("--fault_malformed <share>", "share of requests with an event that is not JSON", number, 0)
    .addOption(flag("seed", { usual: 1, also: "jitter and faults" }))
    .option("--stamps", "write into each chunk when it was sent, in nanoseconds of the monotonic clock")
    .addHelpText(
      "after",
      "\nExample:\n  firsttoken mock 8099 --first_token_delay_ms 20 \\" +
        "\n    --fault_status 429=0.01 --fault_status 500=0.01",
    )
    .action(async () => {
      const options = mockOptions(command.opts<MockFlags>());
      const server = await interruptible((signal) => mock.serve({ ...options, signal }));
      await interruptible((signal) => {
        console.out.write(`${server.url}\n`); // whoever reads it may send Ctrl-C at once
        console.err.write(`${describe(options)} Ctrl-C stops it.\n`);
        return aborted(signal);
      });
      console.err.write(`\n${describeLoad(await server.load())}\n`);
      await server.close();
    });
}

function mockOptions(flags: MockFlags) {
  return {
    port: flags.port,
    host: flags.host,
    allowedHosts: flags.allowed_host ?? [],
    firstTokenDelaySeconds: flags.first_token_delay_ms / 1000,
    chunks: flags.stream_chunks,
    chunkGapSeconds: flags.chunk_gap_ms / 1000,
    jitter: flags.jitter,
    faults: {
      statuses: flags.fault_status ?? {},
      reset: flags.fault_reset,
      stall: flags.fault_stall,
      cut: flags.fault_cut,
      malformed: flags.fault_malformed,
    },
    seed: String(flags.seed),
    stamps: flags.stamps ?? false,
  } satisfies mock.MockOptions;
}

/** In a sentence, what it serves. */
function describe(options: ReturnType<typeof mockOptions>): string {
  const { statuses, ...others } = options.faults;
  const shares = Object.entries({ ...statuses, ...others }).filter(([, share]) => share > 0);
  const { firstTokenDelaySeconds: first, chunkGapSeconds: gap } = options;
  const parts = [
    first === 0 ? "the first token at once" : `the first token after ${ms(first)}`,
    `streams of ${formatCount(options.chunks)} chunks, ${gap === 0 ? "all in one" : `${ms(gap)} apart`}`,
    ...(options.jitter > 0 ? [`delays ± ${percent(options.jitter)}`] : []),
    ...(options.stamps ? ["send stamps in the chunks"] : []),
    shares.length === 0
      ? "no faults"
      : `faults ${shares.map(([name, share]) => `${name} ${percent(share)}`).join(", ")} (seed ${options.seed})`,
  ];
  return `Serving made-up answers: ${parts.join("; ")}.`;
}

/** Above this share of a core, requests wait for the provider itself. */
const BUSY = 0.7;

function describeLoad({ requests, seconds, cpu, delaySeconds }: mock.MockLoad): string {
  const load =
    `Answered ${formatCounted(requests, "request")} in ${formatNumber(seconds)} s with ${formatNumber(cpu * 100)} % of a core; ` +
    `event-loop delay p99 ${formatNumber(delaySeconds * 1000)} ms.`;
  return cpu < BUSY
    ? load
    : `${load} It was near its own limit, which may affect what was measured through it.`;
}

/** What was asked for is shown as it was, to the digit. */
const asked = (value: number): string => String(Number(value.toPrecision(9)));
const ms = (seconds: number): string => `${asked(seconds * 1000)} ms`;
const percent = (share: number): string => `${asked(share * 100)} %`;

/** Reads a number of at least 0; the provider's own rules come after. */
function number(value: string): number {
  const read = Number(value);
  if (value.trim() === "" || !Number.isFinite(read) || read < 0) {
    throw new InvalidArgumentError("It must be a number of at least 0.");
  }
  return read;
}

/** Reads `429=0.01` into the shares read before. */
function status(value: string, earlier: Readonly<Record<number, number>> = {}): Record<number, number> {
  const match = /^(\d+)=(.+)$/.exec(value);
  if (match === null) throw new InvalidArgumentError("It must be a status and a share, such as 429=0.01.");
  return { ...earlier, [match[1]!]: number(match[2]!) };
}
