import { describe, expect, it } from "vitest";
import { GGUF_TYPES, type TensorType } from "../../../src/engine/files/tensor-types.js";
import { json } from "../loading/fixtures.js";

interface Unpacked {
  readonly type: string;
  readonly number: number;
  readonly bytes: string;
  readonly values: readonly number[];
}

describe("a stored tensor", () => {
  it.each(json("tensor-types.json") as readonly Unpacked[])("of type $type is unpacked to gguf-py's bits", ({
    type: name,
    number,
    bytes,
    values,
  }) => {
    const type = GGUF_TYPES.get(number) as TensorType;
    expect(type.name).toBe(name);
    const out = new Float32Array(values.length);
    type.unpack(Buffer.from(bytes, "base64"), out);
    expect([...out]).toEqual(values);
    expect(out.some((value) => value !== 0)).toBe(true);
  });

  it.each(
    (json("tensor-types.json") as readonly Unpacked[]).filter(({ type }) => type.startsWith("Q")),
  )("of type $type is exactly code · scale + least", ({ number, bytes, values }) => {
    const { group, unpack } = (GGUF_TYPES.get(number) as TensorType).integers!;
    const codes = new Int8Array(values.length);
    const scales = new Float32Array(values.length / group);
    const leasts = new Float32Array(values.length / group);
    unpack(Buffer.from(bytes, "base64"), codes, scales, leasts);
    const weights = Array.from(codes, (code, i) => {
      const of = Math.floor(i / group);
      return Math.fround(code * scales[of]! + leasts[of]!);
    });
    expect(weights).toEqual(values);
    expect(new Set(codes).size).toBeGreaterThan(4);
  });
});
