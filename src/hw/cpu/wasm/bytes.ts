/** A growable byte buffer with WebAssembly's number encodings (LEB128). */
/** The same names are in every module. */
const names = new Map<string, Uint8Array>();

export class Bytes {
  #buffer: Uint8Array<ArrayBuffer>;
  length = 0;
  /** Where the branches are that are hardly ever taken. */
  readonly seldom: number[] = [];

  /** @param expected how many bytes will be enough for most: more can be written */
  constructor(expected: number = 256) {
    this.#buffer = new Uint8Array(expected);
  }

  u8(value: number): void {
    if (this.length === this.#buffer.length) this.#grow(1);
    this.#buffer[this.length++] = value;
  }

  /** Another value for a byte that has been written. */
  patch(at: number, value: number): void {
    this.#buffer[at] = value;
  }

  u32(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.u8(rest);
  }

  s32(value: number): void {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return this.u8(low);
      this.u8(low | 0x80);
    }
  }

  s64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    if (rest >= -0x80000000n && rest <= 0x7fffffffn) return this.s32(Number(rest));
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)) return this.u8(low);
      this.u8(low | 0x80);
    }
  }

  bytes(values: ArrayLike<number>): void {
    if (this.length + values.length > this.#buffer.length) this.#grow(values.length);
    this.#buffer.set(values, this.length);
    this.length += values.length;
  }

  /** Other code, and where its branches are. */
  append(code: Bytes): void {
    for (const at of code.seldom) this.seldom.push(this.length + at);
    this.bytes(code.view());
  }

  /** A length, then the bytes: wasm's vectors, names and sections. */
  sized(inner: Bytes): void {
    this.u32(inner.length);
    this.bytes(inner.view());
  }

  name(text: string): void {
    let encoded = names.get(text);
    if (!encoded) names.set(text, (encoded = new TextEncoder().encode(text)));
    this.u32(encoded.length);
    this.bytes(encoded);
  }

  view(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.length);
  }

  #grow(by: number): void {
    const bigger = new Uint8Array(Math.max(this.#buffer.length * 2, this.length + by));
    bigger.set(this.#buffer.subarray(0, this.length));
    this.#buffer = bigger;
  }
}
