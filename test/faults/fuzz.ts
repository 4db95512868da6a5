import fc from "fast-check";

/** Seconds that each fuzzer has. */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 5);

/**
 * Tries made-up inputs until its time is over, and prints the seed. What fails is made smaller first; the message says
 * which FUZZ_SEED and FUZZ_PATH try exactly that again.
 */
export async function fuzz<T>(
  what: string,
  inputs: fc.Arbitrary<T>,
  holds: (input: T) => void | Promise<void>,
): Promise<void> {
  const { FUZZ_SEED, FUZZ_PATH } = process.env;
  const seed = FUZZ_SEED === undefined ? Date.now() % 2 ** 31 : Number(FUZZ_SEED);
  const property = fc.asyncProperty(inputs, async (input) => holds(input));
  const report = await fc.check(property, {
    seed,
    ...(FUZZ_PATH !== undefined && { path: FUZZ_PATH }),
    numRuns: 1_000_000_000,
    interruptAfterTimeLimit: SECONDS * 1_000,
  });
  process.stdout.write(
    `Fuzzed ${what}: ${report.numRuns.toLocaleString("en-US")} inputs, FUZZ_SEED=${seed}\n`,
  );
  if (!report.failed) return;
  const replay = `FUZZ_SEED=${seed} FUZZ_PATH=${report.counterexamplePath}`;
  throw new Error(`${what}: ${replay}\n${fc.defaultReportMessage(report)}`);
}

/** The bytes of a good file with a few changes: bytes overwritten, left out, put in, or all from somewhere on. */
export const damaged = (good: Uint8Array): fc.Arbitrary<Buffer> => {
  const place = fc.nat({ max: good.length });
  const bytes = fc.uint8Array({ maxLength: 12 });
  const change = fc.oneof(
    fc.record({ at: place, gone: fc.nat({ max: 12 }), put: bytes }),
    fc.record({ at: place, gone: fc.constant(good.length), put: bytes }),
    fc.record({ at: place, gone: fc.constant(8), put: ofNumbers }),
  );
  return fc
    .array(change, { minLength: 1, maxLength: 4 })
    .map((changes) =>
      changes.reduce(
        (whole, { at, gone, put }) => Buffer.concat([whole.subarray(0, at), put, whole.subarray(at + gone)]),
        Buffer.from(good),
      ),
    );
};

/** Numbers as headers have them, among them the largest. */
const ofNumbers = fc
  .oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.constantFrom(0n, 1n, 2n ** 31n, 2n ** 53n, 2n ** 64n - 1n),
  )
  .map((number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(number);
    return new Uint8Array(bytes);
  });

/** Bytes, cut anywhere. */
export const pieces = (bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<readonly Buffer[]> =>
  fc.tuple(bytes, fc.array(fc.nat(), { maxLength: 12 })).map(([whole, places]) => {
    const ends = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b);
    return [...ends, whole.length].map((end, i) => whole.subarray(ends[i - 1] ?? 0, end));
  });
