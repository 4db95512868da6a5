import { statSync } from "node:fs";
import { resolve } from "node:path";
import { Command } from "commander";
import { whyNotWritten } from "../../disk/written-file.js";
import { OptionError } from "../../domain/errors/errors.js";
import { type Copied, copyNotebooks } from "../../jupyter/copy-notebooks.js";
import { installKernel, installLab } from "../../jupyter/install.js";
import { writeKernelSpec } from "../../jupyter/kernel-spec.js";
import { openLab } from "../../jupyter/open-lab.js";
import { jupyterFolder, PUBLISHED, userDataFolder } from "../../jupyter/places.js";
import { interruptible } from "../ending/interruption.js";
import type { Console } from "../screen/console.js";

const FOLDER = "firsttoken-notebooks";

/** `firsttoken notebook [FOLDER]`: the notebooks, copied for the user, in JupyterLab or for a Jupyter that is there already. */
export function notebookCommand(console: Console): Command {
  const command = new Command("notebook")
    .description("the tutorial: opens JupyterLab on a copy of the notebooks, with a TypeScript kernel")
    .argument("[folder]", `the folder of the copy; files you have changed are kept (default: ${FOLDER})`)
    .argument("[options...]", "after --: options of `jupyter lab`")
    .option(
      "--register",
      "only copy the notebooks, and register the kernel with the JupyterLab or VS Code you already have",
    )
    .addHelpText(
      "after",
      "\nBegin with index.ipynb. The kernel finds firsttoken, danfojs-node and tslab" +
        "\nfrom any folder; packages installed in the notebook's own folder come first." +
        "\nJupyterLab and the kernel are installed once, in FIRSTTOKEN_JUPYTER (default:" +
        "\n~/.cache/firsttoken/jupyter)." +
        "\n\nExamples:\n  firsttoken notebook\n  firsttoken notebook tutorial -- --no-browser --port 8899" +
        "\n  firsttoken notebook --register",
    )
    .action(
      async (first: string | undefined, others: readonly string[], { register }: { register?: true }) => {
        const hasFolder = first !== undefined && !first.startsWith("-");
        const folder = hasFolder ? first : FOLDER;
        const options = hasFolder || first === undefined ? others : [first, ...others];
        process.exitCode = await interruptible((signal) =>
          notebook(console, { folder, options, register: register === true, signal }),
        );
      },
    );
  return command;
}

interface Asked {
  readonly folder: string;
  readonly options: readonly string[];
  readonly register: boolean;
  readonly signal: AbortSignal;
}

async function notebook({ err }: Console, { folder, options, register, signal }: Asked): Promise<number> {
  if (register && options.length > 0)
    throw new OptionError("--register", "starts no JupyterLab to give options to", options.join(" "));
  const notebooks = resolve(folder);
  const copied = copyTo(notebooks, folder);
  const say = (note: string): void => void err.write(`${note}\n`);
  say(copyLine(copied, folder));
  const tools = { folder: resolve(jupyterFolder()), onNote: say, signal };
  await installKernel(tools);
  if (register) {
    say(`Kernel: ${writeKernelSpec(userDataFolder(), tools.folder)}`);
    say(`Open ${folder}/index.ipynb in JupyterLab or VS Code, with the kernel TypeScript.`);
    return 0;
  }
  await installLab(tools);
  writeKernelSpec(`${tools.folder}/data`, tools.folder);
  return openLab({ folder: tools.folder, notebooks, trusted: copied.written, options, signal });
}

function copyTo(notebooks: string, folder: string): Copied {
  if (statSync(notebooks, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new OptionError("folder", "must be a folder, or a name for a new one", folder);
  try {
    return copyNotebooks(PUBLISHED, notebooks);
  } catch (cause) {
    throw new OptionError("folder", `can't be written (${whyNotWritten(cause)})`, folder);
  }
}

function copyLine({ written, kept }: Copied, folder: string): string {
  const all =
    written.length === 0
      ? `The notebooks are in ${folder}.`
      : `Copied ${written.length} notebooks to ${folder}.`;
  return kept.length === 0 ? all : `${all} Kept as you have changed them: ${kept.join(", ")}.`;
}
