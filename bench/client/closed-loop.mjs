// Keeps `streams` requests under way for `seconds` after a warm-up, and prints the errors of the observed first-token time:
// those of the first seconds from cold, when nothing is compiled yet, and those after the warm-up.
const COLD_SECONDS = 2;

const [url, streams, seconds, warmSeconds] = process.argv.slice(2);

/** @param {(url: string) => Promise<() => Promise<bigint>>} prepare gives a function that times one stream: client's stamp minus server's */
export async function closedLoop(prepare) {
  const observe = await prepare(url);
  const start = performance.now();
  const warmUntil = start + Number(warmSeconds) * 1000;
  const coldUntil = Math.min(start + COLD_SECONDS * 1000, warmUntil);
  const until = warmUntil + Number(seconds) * 1000;
  const [cold, settled] = [[], []];
  const loop = async () => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 200));
    while (performance.now() < until) {
      const began = performance.now();
      const error = await observe();
      if (began < coldUntil) cold.push(Number(error));
      else if (began > warmUntil) settled.push(Number(error));
    }
  };
  await Promise.all(Array.from({ length: Number(streams) }, loop));
  console.log(JSON.stringify({ cold, settled }));
  process.exit(0);
}
