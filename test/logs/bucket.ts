import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";

/** A server that answers for the files of a folder as S3 does for a bucket: HEAD, ranges, and lists. */
export async function bucketServer(
  folder: string,
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://bucket");
    if (searchParams.has("list-type")) return list(folder, searchParams.get("prefix") ?? "", response);
    const path = join(folder, pathname.split("/").slice(2).join("/"));
    if (!existsSync(path)) return void response.writeHead(404).end();
    const bytes = readFileSync(path);
    const [, first, last] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [];
    const start = Number(first ?? 0);
    const end = Math.min(last ? Number(last) + 1 : bytes.length, bytes.length);
    response.writeHead(first === undefined ? 200 : 206, {
      "accept-ranges": "bytes",
      "content-length": end - start,
      etag: '"1"',
      "last-modified": "Fri, 20 Nov 2026 10:00:00 GMT",
      ...(first !== undefined && { "content-range": `bytes ${start}-${end - 1}/${bytes.length}` }),
    });
    response.end(request.method === "HEAD" ? undefined : bytes.subarray(start, end));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, server };
}

function list(folder: string, prefix: string, response: ServerResponse): void {
  const entries = readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => {
      const size = readFileSync(join(folder, name)).length;
      return `<Contents><Key>${name}</Key><LastModified>2026-11-20T10:00:00.000Z</LastModified><ETag>"1"</ETag><Size>${size}</Size></Contents>`;
    });
  response.writeHead(200, { "content-type": "application/xml" });
  response.end(
    `<?xml version="1.0"?><ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated>${entries.join("")}</ListBucketResult>`,
  );
}
