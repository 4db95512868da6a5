// npm run notebooks [-- OPTIONS OF jupyter lab]: makes JupyterLab with the TypeScript kernel ready and opens it here.
import { spawn, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { jupyterVariables, notebooks, prepare, program } from "./environment.mjs";

prepare();
const options = { cwd: notebooks, env: jupyterVariables };
// The notebooks come with this code, so their scripts are trusted as much; this Jupyter alone remembers it.
const ours = readdirSync(notebooks).filter((name) => name.endsWith(".ipynb"));
spawnSync(program("jupyter"), ["trust", ...ours], { ...options, stdio: "ignore" });

const lab = spawn(program("jupyter"), ["lab", ...process.argv.slice(2)], { ...options, stdio: "inherit" });
// Ctrl-C goes to JupyterLab as well, which asks before it stops.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => lab.kill());
lab.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
