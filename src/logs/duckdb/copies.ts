/** The copy of an object on S3, and how many are reading it. */
export interface Copy {
  readonly file: string;
  readers: number;
  readonly fetched: Promise<void>;
}

/** What is being read from S3, by its addresses. */
export const copies = new Map<string, Copy>();

/** The file in which a path's bytes are: the path itself, or the copy of what is read from S3. */
export const copyOf = (path: string): string => copies.get(path)?.file ?? path;

/** Whether a path is an address of S3: in small letters, as DuckDB and S3's own tools know it. */
export function isRemote(path: string): boolean {
  return path.startsWith("s3://");
}
