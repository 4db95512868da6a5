// node notebooks/prepare.mjs [packages]: installs what the notebooks need, or their packages alone, opens nothing, and
// prints where Jupyter is and the variables it runs under, as JSON.
import { installPackages, jupyterVariables, prepare, program } from "./environment.mjs";

if (process.argv[2] === "packages") installPackages();
else {
  prepare();
  const paths = { python: program("python"), jupyter: program("jupyter") };
  console.log(JSON.stringify({ ...paths, variables: jupyterVariables }));
}
