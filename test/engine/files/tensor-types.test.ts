import { describe, expect, it } from "vitest";
import { bytesInMemory } from "../../../src/engine/files/byte-source.js";
import { readTensor } from "../../../src/engine/files/tensor-file.js";
import { F16, GGUF_TYPES, type TensorType } from "../../../src/engine/files/tensor-types.js";
import { unpackCodes, unpackingBytes } from "../../../src/engine/files/unpacking.js";
import { Arena } from "../../../src/engine/wasm/arena.js";
import { json } from "../loading/fixtures.js";

interface Unpacked {
  readonly type: string;
  readonly number: number;
  readonly bytes: string;
  readonly values: readonly number[];
}

const KNOWN = json("tensor-types.json") as readonly Unpacked[];
const typeOf = ({ number }: Unpacked) => GGUF_TYPES.get(number) as TensorType;
const stored = (type: TensorType, bytes: Uint8Array, values: number) =>
  ({ shape: [values], type, source: bytesInMemory(bytes), start: 0 }) as const;

describe("a stored tensor", () => {
  it.each(KNOWN)("of type $type is unpacked to gguf-py's bits", (known) => {
    const type = typeOf(known);
    expect(type.name).toBe(known.type);
    const out = readTensor(stored(type, Buffer.from(known.bytes, "base64"), known.values.length));
    expect([...out]).toEqual(known.values);
    expect(out.some((value) => value !== 0)).toBe(true);
  });

  it.each(KNOWN)("of type $type is unpacked alike in any of its blocks, however many there are", (known) => {
    const type = typeOf(known);
    const times = Math.ceil(20_011 / known.values.length);
    const bytes = Buffer.from(known.bytes, "base64");
    const many = Buffer.concat(Array.from({ length: times }, () => bytes));
    const out = readTensor(stored(type, many, times * known.values.length));
    const expected = Float32Array.from(
      { length: out.length },
      (_, i) => known.values[i % known.values.length]!,
    );
    expect(Buffer.compare(Buffer.from(out.buffer), Buffer.from(expected.buffer))).toBe(0);
  });

  it.each(
    KNOWN.filter(({ type }) => type.startsWith("Q")),
  )("of type $type is exactly code · scale + least", (known) => {
    const type = typeOf(known);
    const { length } = known.values;
    const group = type.group!;
    const arena = new Arena();
    const bytes = Buffer.from(known.bytes, "base64");
    const at = arena.allocate(bytes.length);
    arena.bytes(at, bytes.length).set(bytes);
    const to = {
      codes: arena.allocate(length),
      scales: arena.allocate(length / group),
      leasts: arena.allocate(length / group),
    };
    unpackCodes(arena, type, at, length, 127, to, arena.scratch(unpackingBytes(length)));
    const codes = arena.bytes(to.codes, length);
    const [scales, leasts] = [to.scales, to.leasts].map((from) => arena.floats(from, length / group));
    const weights = Array.from(codes, (code, i) => {
      const of = Math.floor(i / group);
      return Math.fround(code * scales![of]! + leasts![of]!);
    });
    expect(weights).toEqual(known.values);
    expect(new Set(codes).size).toBeGreaterThan(4);
  });

  // IEEE 754-2008, binary16: a sign, five bits of exponent, ten of fraction.
  it("of type F16 has every number that 16 bits have", () => {
    const bytes = new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, bits) => bits).buffer);
    const wrong = [...readTensor(stored(F16, bytes, 65_536))].flatMap((value, bits) => {
      const [sign, exponent, fraction] = [bits >> 15 === 0 ? 1 : -1, (bits >> 10) & 31, bits & 1023];
      const expected =
        exponent === 31
          ? fraction === 0
            ? sign * Number.POSITIVE_INFINITY
            : Number.NaN
          : exponent === 0
            ? sign * fraction * 2 ** -24
            : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
      return Object.is(value, expected) ? [] : [bits];
    });
    expect(wrong).toEqual([]);
  });
});
