import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { display } from "../../src/notebook/display.js";
import { ttftChart } from "../../src/report/ttft/ttft-chart.js";
import { ttftTable } from "../../src/report/ttft/ttft-table.js";
import { row, rows } from "../report/ttft-rows.js";
import { type Jupyter, jupyter, type Preparation, prepare, requireFromNotebooks } from "./prepare.js";
import { standInKernel } from "./stand-in-kernel.js";

/** What is used of playwright-core. */
interface Playwright {
  readonly chromium: {
    launch(options: { executablePath: string; args: string[] }): Promise<Browser>;
  };
}
interface Browser {
  newContext(options: { javaScriptEnabled: boolean }): Promise<Context>;
  close(): Promise<void>;
}
interface Context {
  route(url: RegExp, handler: (route: { abort(): Promise<void> }) => Promise<void>): Promise<void>;
  newPage(): Promise<Page>;
  close(): Promise<void>;
}
interface Page {
  on(event: "dialog", listener: (dialog: { dismiss(): Promise<void> }) => void): void;
  goto(url: string, options: { waitUntil: "domcontentloaded" }): Promise<unknown>;
  waitForFunction(script: string, argument?: undefined, options?: { timeout: number }): Promise<unknown>;
  evaluate(script: string): Promise<unknown>;
  click(selector: string): Promise<void>;
  locator(selector: string): Locator;
}
interface Locator {
  first(): Locator;
  count(): Promise<number>;
  waitFor(options: { timeout: number }): Promise<void>;
  screenshot(): Promise<Buffer>;
}

const EVIL = `<script>window.pwned = 1; alert(1)</script><img src=x onerror="window.pwned = 1; alert(1)">`;
const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"];
const WAIT = { timeout: 120_000 };

/** Below notebooks/, where its packages are found, in a folder that git ignores. */
const logs = fileURLToPath(new URL("../../notebooks/logs", import.meta.url));
mkdirSync(logs, { recursive: true });
const folder = mkdtempSync(join(logs, "browser-"));

let preparation: Preparation;
let tools: Jupyter;
let server: ChildProcess;
let base: string;
let browser: Browser;

/** A notebook with these cells, and what `display` shows under the first. */
function writeNotebook(name: string, sources: readonly string[], outputs: readonly object[]): void {
  const metadata = { kernelspec: { name: "tslab", display_name: "TypeScript", language: "typescript" } };
  const cells = sources.map((source, index) => ({
    ...{ cell_type: "code", id: `cell-${index + 1}`, execution_count: null, metadata: {}, source },
    outputs: index === 0 ? outputs : [],
  }));
  writeFileSync(join(folder, name), JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }));
}

/** Three charts, a table and rows with hostile words in all of them, as a kernel shows them. */
function shownOutputs(): object[] {
  const kernel = standInKernel();
  const shown = kernel.runCell();
  const hostile = [512, 4096].flatMap((context_target) => [
    ...rows(EVIL, "cold", [0.2, 0.3], { context_target, prompt: EVIL }),
    row(EVIL, "warm", { context_target, ttft_seconds: null, outcome: "error" }),
  ]);
  for (let chart = 0; chart < 3; chart++) display(ttftChart(hostile, { title: EVIL }));
  display(ttftTable(hostile), [{ prediction: EVIL, error: EVIL }]);
  kernel.leave();
  return shown.map(({ data }) => ({ output_type: "display_data", metadata: {}, data }));
}

beforeAll(async () => {
  const chromium = CHROMIUM.find((name) => spawnSync("which", [name]).status === 0);
  if (chromium === undefined) {
    preparation = { unreachable: "no Chromium is installed" };
    if (process.env.FIRSTTOKEN_REQUIRE_ALL === "1") throw new Error(preparation.unreachable);
    return;
  }
  preparation = prepare("all");
  if (preparation !== null) return;
  tools = jupyter();

  const outputs = shownOutputs();
  writeNotebook("trusted.ipynb", ["// trusted"], outputs);
  writeNotebook("untrusted.ipynb", ["// untrusted"], outputs);
  writeNotebook("live.ipynb", [LIVE_CELL], []);
  const run = (...args: string[]) =>
    execFileSync(tools.jupyter, args, { cwd: folder, env: tools.variables, stdio: "pipe" });
  run("trust", "trusted.ipynb");
  run("nbconvert", "--to", "html", "trusted.ipynb");

  const options = [
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--port=0",
    "--IdentityProvider.token=t",
  ];
  server = spawn(tools.jupyter, ["lab", ...options, `--ServerApp.root_dir=${folder}`], {
    env: tools.variables,
    stdio: ["ignore", "ignore", "pipe"],
  });
  base = await new Promise((resolve) => {
    let text = "";
    server.stderr!.on("data", (chunk: Buffer) => {
      text += chunk;
      const [, port] = /http:\/\/127\.0\.0\.1:(\d+)\/lab\?token/.exec(text) ?? [];
      if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
    });
  });
  const executablePath = execFileSync("which", [chromium], { encoding: "utf8" }).trim();
  const { chromium: driver } = requireFromNotebooks("playwright-core") as Playwright;
  browser = await driver.launch({ executablePath, args: ["--no-sandbox"] });
});

afterAll(async () => {
  await browser?.close();
  if (server?.kill()) await once(server, "exit");
  rmSync(folder, { recursive: true, force: true });
});

const LIVE_CELL = `
  import { connect, engine, live, ttft } from "firsttoken";
  const serving = await engine.serve({ model: "tiny" });
  const rows = await ttft.run({ server: await connect(serving.url), contextTokens: [64, 128, 256, 512], runs: 8,
    log: "live.jsonl", overwrite: true, ...live(ttft.chart, { everySeconds: 0.2 }) });
  await serving.close();`;

/** Opens a page that reaches nothing but this machine, and says whether a hostile script ever ran. */
async function look(
  url: string,
  { javaScriptEnabled = true } = {},
): Promise<{ page: Page; wasHarmed: () => Promise<boolean>; close: () => Promise<void> }> {
  const context = await browser.newContext({ javaScriptEnabled });
  await context.route(/^https?:\/\/(?!127\.0\.0\.1)/, (route) => route.abort());
  const page = await context.newPage();
  let dialogs = 0;
  page.on("dialog", (dialog) => {
    dialogs++;
    dialog.dismiss();
  });
  await page.goto(url, { waitUntil: "domcontentloaded" });
  return {
    page,
    wasHarmed: async () => dialogs > 0 || (await page.evaluate("window.pwned === 1")) === true,
    close: () => context.close(),
  };
}

/** Opens the live notebook on a kernel that runs already, for JupyterLab may start two of its own, and runs its cell. */
async function runLiveCell(): ReturnType<typeof look> {
  const kernel = { name: "tslab" };
  const { status } = await fetch(`${base}/api/sessions?token=t`, {
    method: "POST",
    body: JSON.stringify({ path: "live.ipynb", name: "live.ipynb", type: "notebook", kernel }),
  });
  expect(status).toBe(201);
  const opened = await look(`${base}/lab/tree/live.ipynb?token=t&reset`);
  await opened.page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").first().waitFor(WAIT);
  // JupyterLab drops what it is told to run while it is connecting to the kernel, and then says nothing.
  const shows = async (timeout: number): Promise<boolean> =>
    opened.page.waitForFunction(`${SHOWN_REQUESTS} > 0`, undefined, { timeout }).then(
      () => true,
      () => false,
    );
  let runs = 0;
  do {
    await opened.page.click("text=Run");
    await opened.page.click("text=Run All Cells");
  } while (!(await shows(30_000)) && ++runs < 4);
  return opened;
}

/** How many requests the fullest chart stands for: a point's fourth word says it of the point. */
const SHOWN_REQUESTS =
  "Math.max(0, ...[...document.querySelectorAll('.js-plotly-plot')].map(({ data }) => data.flatMap(({ customdata }) => customdata).reduce((sum, words) => sum + Number(words?.[3] ?? 0), 0)))";

const LIVE_CHARTS =
  "document.querySelectorAll('.js-plotly-plot .main-svg').length > 0 && document.querySelectorAll('.js-plotly-plot').length === 3";
const PICTURES =
  "[...document.querySelectorAll('img')].filter(({ src, naturalWidth }) => src.startsWith('data:image/svg') && naturalWidth === 760).length";
const TITLES =
  "[...document.querySelectorAll('.js-plotly-plot .gtitle')].map(({ textContent }) => textContent)";

describe("a saved notebook", () => {
  const test = (name: string, body: () => Promise<void>) =>
    it(name, async ({ skip }) => (preparation === null ? await body() : skip(preparation.unreachable)));

  for (const [place, address] of [
    ["JupyterLab", () => `${base}/lab/tree/trusted.ipynb?token=t&reset`],
    ["the classic Notebook", () => `${base}/notebooks/trusted.ipynb?token=t`],
    ["nbconvert's HTML", () => `file://${folder}/trusted.html`],
  ] as const) {
    test(`has live charts in ${place}, hostile words as they are, and needs no network`, async () => {
      const { page, wasHarmed, close } = await look(address());
      await page.waitForFunction(LIVE_CHARTS, undefined, WAIT);
      expect(await page.evaluate(TITLES)).toEqual([EVIL, EVIL, EVIL]);
      expect(await page.evaluate(PICTURES)).toBe(0);
      expect(await page.evaluate("typeof Plotly")).toBe("undefined");
      expect(await page.locator("table").count()).toBeGreaterThanOrEqual(2);
      expect(await wasHarmed()).toBe(false);
      await close();
    });
  }

  for (const [place, address] of [
    ["JupyterLab", () => `${base}/lab/tree/untrusted.ipynb?token=t&reset`],
    ["the classic Notebook", () => `${base}/notebooks/untrusted.ipynb?token=t`],
  ] as const) {
    test(`has its pictures in ${place} where it is not trusted, and runs nothing`, async () => {
      const { page, wasHarmed, close } = await look(address());
      await page.waitForFunction(`${PICTURES} === 3`, undefined, WAIT);
      expect(await page.evaluate("document.querySelectorAll('.js-plotly-plot').length")).toBe(0);
      expect(await wasHarmed()).toBe(false);
      await close();
    });
  }

  test("has its pictures in nbconvert's HTML without JavaScript", async () => {
    const { page, close } = await look(`file://${folder}/trusted.html`, { javaScriptEnabled: false });
    const pictures = page.locator("img[src^='data:image/svg']");
    await pictures.first().waitFor(WAIT);
    expect(await pictures.count()).toBe(3);
    // The drawing is there, not the frame of a broken image, which would compress to next to nothing.
    expect((await pictures.first().screenshot()).length).toBeGreaterThan(10_000);
    await close();
  });

  test("shows a chart that grows while its cell runs in JupyterLab", async () => {
    const { page, close } = await runLiveCell();
    const first = Number(await page.evaluate(SHOWN_REQUESTS));
    await page.waitForFunction(`${SHOWN_REQUESTS} === 64`, undefined, WAIT);
    expect(first).toBeLessThan(64);
    await page.waitForFunction("/32 of 32 done, 64 requests/.test(document.body.innerText)", undefined, WAIT);
    await close();
  });
});
