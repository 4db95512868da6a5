/** The forms in which a command prints its table. */
export const TABLE_FORMATS = ["text", "markdown", "latex", "csv", "json"] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

/** Whether a form has no sentences, so that what they would say is said beside it. */
export const isData = (format: TableFormat): boolean => format === "csv" || format === "json";
