/** A run that a scheduler measures in parts, and one job that reads them all when they have ended. */
export interface PartsJob {
  /** What the scheduler calls it. */
  readonly name: string;
  readonly parts: number;
  /** The most parts at a time; null for as many as the scheduler likes. */
  readonly parallel: number | null;
  /** The words that start firsttoken, such as `npx firsttoken`. */
  readonly program: readonly string[];
  /** The words that follow them to measure a part, the scheduler's variables saying which. */
  readonly words: readonly string[];
  /** The folder of the parts. */
  readonly run: string;
  /** How often a part that failed is started again. */
  readonly retries: number;
  /** What a part may use; null for what the scheduler gives. */
  readonly cpus: number | null;
  readonly memoryGib: number | null;
}

/** A wrong command line ends with it, and is wrong the next time too. */
export const USAGE_EXIT_CODE = 2;

/** Whether a run's parts are written to a bucket. */
export const isOnS3 = (run: string): boolean => run.startsWith("s3://");

/** The words that read all parts and write their report beside them. */
export function mergeWords(run: string): readonly string[] {
  // A name with "=" or a dash in front would be a label or a flag.
  const folder = isOnS3(run) || /^[/.]/.test(run) ? run : `./${run}`;
  return ["report", folder, "--out", `${folder}/report.html`];
}
