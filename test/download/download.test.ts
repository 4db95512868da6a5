import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type DownloadOptions, type DownloadProgress, download } from "../../src/download/download.js";
import { DownloadError } from "../../src/download/download-error.js";
import { fileServer, serve } from "../support/file-server.js";
import { temporaryFolder } from "../support/temporary-files.js";

const folder = temporaryFolder();
const path = join(folder, "file.bin");
let arrived = 0;
const left = () => readdirSync(folder).toSorted();
beforeEach(() => {
  arrived = 0;
  for (const name of left()) rmSync(join(folder, name), { recursive: true });
});

const body = Buffer.alloc(300_000, "0123456789abcdef, and so on; ");
const other = Buffer.alloc(300_000, "another version of the file; ");
const etag = '"v1"';
const sha256 = createHash("sha256").update(body).digest("hex");
const digest = { algorithm: "sha256", hex: sha256 } as const;

const cutAfter = (bytes: number) => ({ bytes, arrived: () => arrived });
const get = (url: string, { onProgress, ...options }: DownloadOptions = {}) =>
  download(`${url}/file`, path, {
    retryDelaySeconds: 0.001,
    onProgress: (now) => {
      arrived = now.receivedBytes;
      onProgress?.(now);
    },
    ...options,
  });
const refused = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable("it should have failed"),
    (error: unknown) => error as DownloadError,
  );

describe("download", () => {
  it("fetches a file, writes its digest beside it, and leaves nothing else", async () => {
    const { url } = await fileServer((response, request) => serve(response, request, { body, etag }));
    const progress: DownloadProgress[] = [];
    const file = await get(url, { onProgress: (now) => progress.push(now) });
    expect(file).toEqual({ path, bytes: 300_000, sha256, verified: "length" });
    expect(readFileSync(path).equals(body)).toBe(true);
    expect(readFileSync(`${path}.sha256`, "utf8")).toBe(`${sha256}  file.bin\n`);
    expect(left()).toEqual(["file.bin", "file.bin.sha256"]);
    expect(progress.at(-1)).toEqual({
      url: `${url}/file`,
      path,
      receivedBytes: 300_000,
      totalBytes: 300_000,
    });
    expect(progress.map((now) => now.receivedBytes)).toEqual(
      progress.map((now) => now.receivedBytes).toSorted((a, b) => a - b),
    );
  });

  it("goes on where the connection was cut, as often as it is", async () => {
    const { url, requests } = await fileServer((response, request, count) =>
      serve(response, request, { body, etag }, count < 8 ? cutAfter(40_000) : undefined),
    );
    const file = await get(url, { digest, tries: 2 });
    expect(file).toEqual({ path, bytes: 300_000, sha256, verified: "digest" });
    expect(readFileSync(path).equals(body)).toBe(true);
    expect(requests.map(({ range }) => range)).toEqual([
      undefined,
      ...[1, 2, 3, 4, 5, 6, 7].map((cuts) => `bytes=${cuts * 40_000}-`),
    ]);
    expect(requests.slice(1).every(({ ifRange }) => ifRange === etag)).toBe(true);
    expect(left()).toEqual(["file.bin"]);
  });

  it("goes on on a later call, after the process was ended", async () => {
    const { url, requests } = await fileServer((response, request, count) =>
      serve(response, request, { body, etag }, count === 1 ? cutAfter(90_000) : undefined),
    );
    const stop = new AbortController();
    const stopped = get(url, {
      signal: stop.signal,
      onProgress: ({ receivedBytes }) => receivedBytes >= 90_000 && stop.abort("stopped"),
    });
    await expect(stopped).rejects.toBe("stopped");
    expect(left()).toEqual(["file.bin.part", "file.bin.part.json"]);
    await get(url, { digest });
    expect(requests.at(-1)).toMatchObject({ range: "bytes=90000-", ifRange: etag });
    expect(readFileSync(path).equals(body)).toBe(true);
  });

  it("begins again when the file has changed in the meantime", async () => {
    const { url, requests } = await fileServer((response, request, count) =>
      count === 1
        ? serve(response, request, { body: other, etag: '"v0"' }, cutAfter(90_000))
        : serve(response, request, { body, etag }),
    );
    await get(url, { digest });
    expect(requests.map(({ range, ifRange }) => [range, ifRange])).toEqual([
      [undefined, undefined],
      ["bytes=90000-", '"v0"'],
    ]);
    expect(readFileSync(path).equals(body)).toBe(true);
  });

  it("begins again when a server sends a part of another version all the same", async () => {
    const { url, requests } = await fileServer((response, request, count) => {
      const version = count === 1 ? { body: other, etag: '"v0"' } : { body, etag };
      // As a server that knows Range and not If-Range.
      serve(
        response,
        { ...request, ifRange: undefined },
        version,
        count === 1 ? cutAfter(90_000) : undefined,
      );
    });
    await get(url, { digest });
    expect(requests.map(({ range }) => range)).toEqual([undefined, "bytes=90000-", undefined]);
    expect(readFileSync(path).equals(body)).toBe(true);
  });

  it("begins again when the server sends another range than asked for", async () => {
    const { url } = await fileServer((response, request, count) => {
      if (count !== 2)
        return serve(response, request, { body, etag }, count === 1 ? cutAfter(90_000) : undefined);
      response.writeHead(206, { etag, "content-range": "bytes 10-299999/300000" }).end(body.subarray(10));
    });
    await get(url, { digest });
    expect(readFileSync(path).equals(body)).toBe(true);
  });

  it("begins again when the server ignores ranges", async () => {
    const { url, requests } = await fileServer((response, { url: asked }, count) =>
      serve(
        response,
        { url: asked, range: undefined, ifRange: undefined },
        { body, etag },
        count === 1 ? cutAfter(90_000) : undefined,
      ),
    );
    await get(url, { digest });
    expect(requests[1]?.range).toBe("bytes=90000-");
    expect(readFileSync(path).equals(body)).toBe(true);
  });

  it("never goes on with bytes whose version the server did not name", async () => {
    for (const weak of [{}, { etag: 'W/"v1"' }]) {
      const { url, requests } = await fileServer((response, request, count) =>
        serve(response, request, { body, ...weak }, count === 1 ? cutAfter(90_000) : undefined),
      );
      await get(url, { digest });
      expect(requests.map(({ range }) => range)).toEqual([undefined, undefined]);
      expect(readFileSync(path).equals(body)).toBe(true);
      rmSync(path);
    }
  });

  it("never goes on with a part of another address", async () => {
    writeFileSync(`${path}.part`, other.subarray(0, 90_000));
    writeFileSync(`${path}.part.json`, JSON.stringify({ url: "http://elsewhere/file", validator: etag }));
    const { url, requests } = await fileServer((response, request) =>
      serve(response, request, { body, etag }),
    );
    await get(url, { digest });
    expect(requests.map(({ range }) => range)).toEqual([undefined]);
  });

  it("takes a part that is whole already for the file, and drops one that is too long", async () => {
    const { url, requests } = await fileServer((response, request) =>
      serve(response, request, { body, etag }),
    );
    for (const [part, asked] of [
      [body, 1],
      [Buffer.concat([body, body]), 2],
    ] as const) {
      requests.length = 0;
      writeFileSync(`${path}.part`, part);
      writeFileSync(`${path}.part.json`, JSON.stringify({ url: `${url}/file`, validator: etag }));
      expect((await get(url, { digest })).verified).toBe("digest");
      expect(requests).toHaveLength(asked);
      rmSync(path);
    }
  });

  it("tries again when the server is busy, and waits as long as it says", async () => {
    const { url, requests } = await fileServer((response, request, count) => {
      if (count > 3) return serve(response, request, { body, etag });
      response.writeHead(count === 1 ? 429 : 503, count === 1 ? { "retry-after": "1" } : {}).end("busy");
    });
    const begin = performance.now();
    await get(url, { digest });
    expect(requests).toHaveLength(4);
    // The only lower bound there is: the second that was asked for.
    expect(performance.now() - begin).toBeGreaterThan(900);
  });

  it("gives up when every try is cut at once, keeps the part, and says so", async () => {
    const { url, requests } = await fileServer((response, request, count) => {
      if (count === 1) serve(response, request, { body, etag }, cutAfter(90_000));
      else response.destroy();
    });
    const error = await refused(get(url, { digest, tries: 3 }));
    expect(error).toBeInstanceOf(DownloadError);
    expect(error.message).toContain("3 tries in a row brought no more bytes; 90000 bytes are kept in");
    expect(error.message).toContain("the connection broke");
    expect(error.cause).toBeInstanceOf(Error);
    expect(requests).toHaveLength(4);
    expect(left()).toEqual(["file.bin.part", "file.bin.part.json"]);
  });

  it("gives up on a server that ignores ranges and cuts every time, however it varies", async () => {
    const { url, requests } = await fileServer((response, { url: asked }, count) =>
      serve(
        response,
        { url: asked, range: undefined, ifRange: undefined },
        { body, etag },
        cutAfter(count % 2 === 0 ? 50_000 : 90_000),
      ),
    );
    await refused(get(url, { tries: 3 }));
    expect(requests).toHaveLength(4);
  });

  it("takes a silence for a cut, and goes on", async () => {
    const whole = { body: Buffer.from("0123456789"), etag: '"a"' };
    const { url } = await fileServer((response, request, count) => {
      if (count > 1) return serve(response, request, whole);
      response.writeHead(200, { etag: '"a"', "content-length": 10 }).write("01234");
    });
    const { bytes } = await download(url, path, { idleTimeoutSeconds: 0.3, retryDelaySeconds: 0 });
    expect(bytes).toBe(10);
  });

  it("gives up a server that never says anything, and one that drips", async () => {
    const { url: silent } = await fileServer(() => {});
    await expect(download(silent, path, { idleTimeoutSeconds: 0.1, tries: 1 })).rejects.toThrow(
      "no byte came for 0.1 s, and 1 tries in a row brought no more bytes.",
    );
    const { url: dripping } = await fileServer((response) => {
      response.writeHead(200, { etag: '"a"', "content-length": 100_000 });
      const drip = setInterval(() => response.write("a"), 20);
      response.on("close", () => clearInterval(drip));
    });
    await expect(download(dripping, path, { timeoutSeconds: 0.5, idleTimeoutSeconds: 10 })).rejects.toThrow(
      /was not complete after 0\.5 s \(timeoutSeconds\); \d+ bytes are kept in .*\.part, and the next call/,
    );
  });

  it("refuses a file of another digest and keeps nothing of it", async () => {
    const { url } = await fileServer((response, request) => serve(response, request, { body: other, etag }));
    const error = await refused(get(url, { digest }));
    expect(error.message).toMatch(/is not the expected file: its sha256 is [0-9a-f]{64} and not /);
    expect(left()).toEqual([]);
  });

  // `printf 'hello\n' | git hash-object --stdin`
  it("checks git's digest too", async () => {
    const hex = "ce013625030ba8dba906f756967f9e9ca394464a";
    const { url } = await fileServer((response, request) =>
      serve(response, request, { body: Buffer.from("hello\n") }),
    );
    expect((await get(url, { digest: { algorithm: "git-sha1", hex } })).verified).toBe("digest");
  });

  it("takes an end before the promised length for a cut", async () => {
    const { url, requests } = await fileServer((response, request, count) => {
      if (count > 1) return serve(response, request, { body, etag });
      response.writeHead(200, { etag, "content-length": body.length });
      response.write(body.subarray(0, 1000));
      const poll = setInterval(() => {
        if (arrived !== 1000) return;
        clearInterval(poll);
        response.socket?.end();
      }, 1);
    });
    await get(url, { digest });
    expect(requests[1]?.range).toBe("bytes=1000-");
  });

  it("says that it could not check a length that was not told", async () => {
    const { url } = await fileServer((response) => {
      response.writeHead(200, { etag });
      response.write(body.subarray(0, 1000));
      response.end(body.subarray(1000));
    });
    expect(await get(url)).toMatchObject({ bytes: 300_000, verified: "nothing" });
  });

  it.each([
    [401, "which asks for a login"],
    [403, "which forbids it"],
    [404, "there is no such file; it may have moved, and a mirror can be given as base URL"],
    [410, "the server answered 410."],
  ])("does not try again on %i", async (status, hint) => {
    const { url, requests } = await fileServer((response) => response.writeHead(status).end("no"));
    const error = await refused(get(url));
    expect(error).toMatchObject({ url: `${url}/file`, status });
    expect(error.message).toContain(hint);
    expect(requests).toHaveLength(1);
  });

  it("does not take a login page for the file", async () => {
    const { url } = await fileServer((response) =>
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<html>"),
    );
    expect((await refused(get(url))).message).toContain("is a web page, not a file");
  });

  it("says that nothing listens, or that there is no such host", async () => {
    const port = await new Promise<number>((free) => {
      const server = createServer().listen(0, "127.0.0.1", () => {
        const address = server.address() as { port: number };
        server.close(() => free(address.port));
      });
    });
    expect((await refused(get(`http://127.0.0.1:${port}`))).message).toMatch(
      /can't be reached \(.*ECONNREFUSED.*\)\. Is there a network\?/,
    );
    expect((await refused(get("http://no-such-host.invalid"))).message).toContain("can't be reached (");
  });

  it.skipIf(!existsSync("/dev/full"))("says that the disk is full", async () => {
    symlinkSync("/dev/full", `${path}.part`);
    const { url, requests } = await fileServer((response, request) =>
      serve(response, request, { body, etag }),
    );
    const error = await refused(get(url));
    expect(error.message).toBe(
      `${path}.part can't be written: the disk is full; free some space and fetch again to continue from there.`,
    );
    expect(error.cause).toMatchObject({ code: "ENOSPC" });
    expect(requests).toHaveLength(1);
  });

  it("says that the folder can't be written", async () => {
    writeFileSync(join(folder, "in-the-way"), "");
    const error = await refused(download("http://127.0.0.1:1/file", join(folder, "in-the-way", "file.bin")));
    expect(error.message).toMatch(/can't be written: (ENOTDIR|EEXIST)/);
  });
});
