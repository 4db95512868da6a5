import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a kernel was sent. */
export interface Shown {
  readonly data: Readonly<Record<string, string>>;
  readonly id: string | undefined;
  readonly isUpdate: boolean;
}

/** A stand-in for tslab 1.0.22's module that sends what is shown; `runCell` begins a new cell, as tslab does. */
export function standInKernel() {
  const folder = join(mkdtempSync(join(tmpdir(), "kernel-")), "node_modules/tslab/dist");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "jupyter.js"), "exports.lastWriteDisplayData = null;");
  const tslab = createRequire(import.meta.url)(join(folder, "jupyter.js"));
  return {
    /** Begins a cell and gives back the list of what is shown under it. */
    runCell(): Shown[] {
      const shown: Shown[] = [];
      tslab.lastWriteDisplayData = (
        content: { data: Shown["data"]; transient: { display_id?: string } },
        isUpdate: boolean,
      ) => {
        // A message is JSON: what does not survive that is not shown.
        const { data, transient } = JSON.parse(JSON.stringify(content));
        shown.push({ data, id: transient.display_id, isUpdate });
      };
      return shown;
    },
    leave() {
      tslab.lastWriteDisplayData = null;
    },
  };
}
