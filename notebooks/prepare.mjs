// node notebooks/prepare.mjs [packages]: installs what the notebooks need, or their packages alone, and opens nothing.
import { installPackages, prepare } from "./environment.mjs";

if (process.argv[2] === "packages") installPackages();
else prepare();
