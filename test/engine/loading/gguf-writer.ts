/** A value with its GGUF type. */
export type Written =
  | { readonly u32: number }
  | { readonly f32: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly texts: readonly string[] }
  | { readonly f32s: readonly number[] }
  | { readonly i32s: readonly number[] };

/** A tensor of fp32 numbers, row-major, or as Q8_0 whose scales are powers of two. */
export interface WrittenTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly type?: "F32" | "Q8_0";
}

/** A GGUF file, version 3, as the specification lays it out; written anew for the tests, beside the reader. */
export function writeGguf(
  metadata: Readonly<Record<string, Written>>,
  tensors: Readonly<Record<string, WrittenTensor>>,
): Uint8Array {
  const head: Buffer[] = [];
  const u32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    head.push(bytes);
  };
  const u64 = (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    head.push(bytes);
  };
  const f32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    head.push(bytes);
  };
  const text = (value: string) => {
    u64(Buffer.byteLength(value));
    head.push(Buffer.from(value));
  };
  const array = (type: number, length: number) => {
    u32(9);
    u32(type);
    u64(length);
  };
  const value = (written: Written) => {
    if ("u32" in written) [u32(4), u32(written.u32)];
    else if ("f32" in written) [u32(6), f32(written.f32)];
    else if ("bool" in written) [u32(7), head.push(Buffer.of(written.bool ? 1 : 0))];
    else if ("text" in written) [u32(8), text(written.text)];
    else if ("texts" in written) [array(8, written.texts.length), written.texts.forEach(text)];
    else if ("f32s" in written) [array(6, written.f32s.length), written.f32s.forEach(f32)];
    else [array(5, written.i32s.length), written.i32s.forEach(u32)];
  };
  head.push(Buffer.from("GGUF"));
  u32(3);
  u64(Object.keys(tensors).length);
  u64(Object.keys(metadata).length);
  for (const [key, written] of Object.entries(metadata)) {
    text(key);
    value(written);
  }
  let offset = 0;
  const data: Buffer[] = [];
  for (const [name, { shape, data: numbers, type = "F32" }] of Object.entries(tensors)) {
    text(name);
    u32(shape.length);
    for (const size of [...shape].reverse()) u64(size);
    u32(type === "Q8_0" ? 8 : 0);
    u64(offset);
    const bytes =
      type === "Q8_0" ? q8(numbers) : Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    const padding = Buffer.alloc((32 - (bytes.length % 32)) % 32);
    data.push(bytes, padding);
    offset += bytes.length + padding.length;
  }
  const beginning = Buffer.concat(head);
  return Buffer.concat([beginning, Buffer.alloc((32 - (beginning.length % 32)) % 32), ...data]);
}

/** Blocks of 32: the bits of a half float, and codes of 8 bits. */
function q8(numbers: Float32Array): Buffer {
  const bytes = Buffer.alloc((numbers.length / 32) * 34);
  for (let block = 0; block < numbers.length / 32; block++) {
    const values = numbers.subarray(block * 32, (block + 1) * 32);
    const exponent = Math.ceil(Math.log2(Math.max(1e-3, ...values.map(Math.abs)) / 127));
    bytes.writeUInt16LE((exponent + 15) << 10, block * 34);
    values.forEach((value, i) => {
      bytes.writeInt8(Math.round(value / 2 ** exponent), block * 34 + 2 + i);
    });
  }
  return bytes;
}
