import { Command } from "commander";
import { inFlags } from "../../domain/errors/errors.js";
import { jsonText } from "../../domain/json.js";
import { examine } from "../../experiments/doctor/doctor.js";
import { interruptible } from "../ending/interruption.js";
import { addServerFlags, connectAs, type ServerFlags } from "../flags/server-flags.js";
import { flag } from "../flags/vocabulary.js";
import type { Console } from "../screen/console.js";
import { doctorScreen } from "../screen/doctor-screen.js";

interface DoctorFlags extends ServerFlags {
  readonly json?: true;
}

/** `firsttoken doctor`: which server this is, and what of a measurement it can bear out. */
export function doctorCommand(console: Console): Command {
  const command = new Command("doctor").description(
    "which server this is, and what it can prove about its cache, request by request and under load",
  );
  addServerFlags(command)
    .addOption(flag("json"))
    .addHelpText(
      "after",
      "\nIt sends up to eight small requests with its own texts, and clears no cache.\n" +
        "What it finds holds for ttft, sweep, prompts, blend, quality and load.\n\n" +
        "Example:\n  firsttoken doctor 8000",
    )
    .action(async () => {
      const flags = command.opts<DoctorFlags>();
      process.exitCode = await interruptible((signal) => doctor(console, flags, signal));
    });
  return command;
}

async function doctor({ out, err }: Console, flags: DoctorFlags, signal: AbortSignal): Promise<number> {
  const server = await connectAs(flags, { err }, signal);
  try {
    const found = await examine(server, signal);
    const diagnosis = { ...found, advice: found.advice.map(inFlags), failures: found.failures.map(inFlags) };
    out.write(flags.json ? `${jsonText(diagnosis)}\n` : doctorScreen(diagnosis, out));
    return diagnosis.failures.length === 0 ? 0 : 1;
  } finally {
    server.close();
  }
}
