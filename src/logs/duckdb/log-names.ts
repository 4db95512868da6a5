/** Whether a name is one that logs and result files have; the page beside a log has none. */
export const isLogName = (path: string): boolean =>
  /\.(jsonl|ndjson|json|csv|db|parquet)(\.gz)?$/i.test(path) && !isManifestName(path);

/** Whether a name is that of the manifest beside a log. */
export const isManifestName = (path: string): boolean => /\.meta\.json$/i.test(path);

/** Whether a name is that of a Parquet file. */
export const isParquetName = (path: string): boolean => /\.parquet$/i.test(path);

/** The name of the manifest beside a log on S3, as `readManifest` knows it. */
export const manifestPath = (logPath: string): string => `${logPath}.meta.json`;
