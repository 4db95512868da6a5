import { NOT_SHOWN } from "../../domain/plain-text.js";
import { quoted } from "../launch.js";
import { mergeWords, type PartsJob, USAGE_EXIT_CODE } from "./parts-job.js";

/** A run in parts as an array of Slurm's. */
export interface SlurmJob extends PartsJob {
  /** The longest a part may take, in a form of Slurm's such as `2:00:00`; null for the partition's own limit. */
  readonly time: string | null;
  readonly partition: string | null;
  readonly account: string | null;
  /** Lines of shell before each command, such as `module load nodejs`. */
  readonly setup: readonly string[];
}

/**
 * A script for bash that submits an array with a task for each part, and a job that reads the parts when all have succeeded.
 *
 * Options as in Slurm 22.05 (`man sbatch`).
 */
export function slurmJobs(job: SlurmJob): string {
  const { name, parts, parallel, program, words, retries, cpus } = job;
  const array = [
    ...header(job, name),
    directive("array", `0-${parts - 1}${parallel === null ? "" : `%${parallel}`}`),
    directive("output", `${name}-%A_%a.out`),
    "#SBATCH --open-mode=append",
    "#SBATCH --requeue",
    directive("cpus-per-task", cpus),
    ...job.setup,
    `${bashLine([...program, ...words])} && exit`,
    "code=$?",
    `# A wrong command line (${USAGE_EXIT_CODE}) is wrong the next time too; a part that is started again goes on with its log.`,
    `if [ "$code" -ne ${USAGE_EXIT_CODE} ] && [ "\${SLURM_RESTART_COUNT:-0}" -lt ${retries} ]; then`,
    `  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"`,
    "fi",
    'exit "$code"',
  ];
  const merge = [
    ...header(job, `${name}-report`),
    directive("output", `${name}-report-%j.out`),
    ...job.setup,
    bashLine([...program, ...mergeWords(job.run)]),
  ];
  return [
    "#!/usr/bin/env bash",
    `# ${parts === 1 ? "One part" : `${parts} parts`}, then their report. Submit both: bash THIS_FILE`,
    "# Submitted again, it measures what is missing.",
    "set -euo pipefail",
    "",
    ...printing("part", array),
    "",
    ...printing("report", merge),
    "",
    "parts=$(part | sbatch --parsable | cut --delimiter=';' --fields=1)",
    'merging=$(report | sbatch --parsable --dependency="afterok:$parts" --kill-on-invalid-dep=yes)',
    'echo "Array $parts, then its report, $merging."',
    "",
  ].join("\n");
}

const header = ({ partition, account, time, memoryGib }: SlurmJob, name: string): string[] => [
  "#!/usr/bin/env bash",
  directive("job-name", name),
  directive("partition", partition),
  directive("account", account),
  directive("time", time),
  directive("mem", memoryGib === null ? null : `${memoryGib}G`),
];

const directive = (option: string, value: string | number | null): string =>
  value === null ? "" : `#SBATCH --${option}=${value}`;

/** A function that prints a script, which has no line of the delimiter's own. */
const printing = (name: string, script: readonly string[]): string[] => {
  const delimiter = `END_OF_${name.toUpperCase()}`;
  return [`${name}() {`, `  cat <<'${delimiter}'`, ...script.filter((line) => line !== ""), delimiter, "}"];
};

/** Words as bash reads them back, on one line whatever is in them. */
export const bashLine = (words: readonly string[]): string => words.map(bashWord).join(" ");

const UNSEEN = new RegExp(`[${NOT_SHOWN}]`, "u");

/** A word in plain quotes; as bytes where it has characters that a terminal obeys or nobody sees. */
function bashWord(word: string): string {
  if (!UNSEEN.test(word)) return quoted(word);
  const bytes = [...Buffer.from(word, "utf8")].map((byte) =>
    byte < 0x20 || byte > 0x7e || byte === 0x27 || byte === 0x5c
      ? `\\x${byte.toString(16).padStart(2, "0")}`
      : String.fromCharCode(byte),
  );
  return `$'${bytes.join("")}'`;
}
