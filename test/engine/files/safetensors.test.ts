import { describe, expect, it } from "vitest";
import { parseSafetensors, readSafetensors } from "../../../src/engine/files/safetensors.js";

/** A file of this header and these data bytes. */
function file(header: unknown, data: Uint8Array = new Uint8Array()): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

describe("a safetensors file", () => {
  it("gives its tensors and metadata", () => {
    const header = {
      __metadata__: { words: "[]" },
      a: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
      b: { dtype: "F32", shape: [1, 1], data_offsets: [8, 12] },
    };
    const { metadata, tensors } = parseSafetensors(file(header, floats(1.5, -2, 7)));
    expect(metadata.get("words")).toBe("[]");
    expect(tensors.get("a")).toEqual({ shape: [2], data: Float32Array.of(1.5, -2) });
    expect(tensors.get("b")).toEqual({ shape: [1, 1], data: Float32Array.of(7) });
  });

  it.each([
    ["no header length", Uint8Array.of(1, 2), "no header length"],
    ["a cut header", file("{}").subarray(0, 9), "cut"],
    ["no JSON", file("hello"), "JSON"],
    ["another type", file({ a: { dtype: "F16", shape: [1], data_offsets: [0, 2] } }), "a is F16"],
    ["cut data", file({ a: { dtype: "F32", shape: [2], data_offsets: [0, 8] } }, floats(1)), "cut"],
    ["a wrong size", file({ a: { dtype: "F32", shape: [3], data_offsets: [0, 8] } }, floats(1, 2)), "12"],
    ["no shape", file({ a: { dtype: "F32", data_offsets: [0, 8] } }, floats(1, 2)), "no shape"],
    [
      "a tensor twice",
      file(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
        floats(1, 2),
      ),
      "the bytes between its header and a belong to no tensor",
    ],
    [
      "the last tensor twice",
      file(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        floats(1, 2),
      ),
      "the bytes behind a belong to no tensor",
    ],
    [
      "two tensors of the same bytes",
      file(
        {
          a: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
          b: { dtype: "F32", shape: [1], data_offsets: [4, 8] },
        },
        floats(1, 2),
      ),
      "b has bytes of a",
    ],
    [
      "an end before its beginning",
      file({
        a: { dtype: "F32", shape: [0], data_offsets: [0, 0] },
        b: { dtype: "F32", shape: [], data_offsets: [0, -4] },
      }),
      "b has no data_offsets",
    ],
  ])("with %s is refused", (_, bytes, message) => {
    expect(() => parseSafetensors(bytes)).toThrow(message);
  });

  it("that is missing is named", () => {
    expect(() => readSafetensors("/nowhere/x.safetensors")).toThrow(
      "/nowhere/x.safetensors could not be read",
    );
  });
});
