/**
 * One direction of a byte ring in a guest's page: a buffer whose size is a power of two and two indices that run freely. The guest owns one of the
 * indices and may write anything anywhere: our own index is kept on our side, the other is checked at every look.
 */

export interface ByteRingPlace {
  /** Offset of the buffer in the page. */
  readonly buffer: number;
  readonly size: number;
  readonly cons: number;
  readonly prod: number;
}

class ByteRing {
  protected readonly place: ByteRingPlace;
  readonly #page: Uint8Array;
  readonly #view: DataView;

  constructor(page: Uint8Array, place: ByteRingPlace) {
    this.#page = page;
    this.#view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    this.place = place;
  }

  protected index(offset: number): number {
    return this.#view.getUint32(offset, true);
  }

  protected setIndex(offset: number, value: number): void {
    this.#view.setUint32(offset, value >>> 0, true);
  }

  /** The bytes of the buffer at index `at`, as far as they lie in one piece. */
  protected piece(at: number, length: number): Uint8Array {
    const { buffer, size } = this.place;
    const offset = (at >>> 0) % size;
    return this.#page.subarray(buffer + offset, buffer + Math.min(size, offset + length));
  }
}

/** The guest produces, we consume. */
export class ByteRingReader extends ByteRing {
  #cons: number;

  constructor(page: Uint8Array, place: ByteRingPlace) {
    super(page, place);
    this.#cons = this.index(place.cons);
  }

  /** Bytes waiting; null: the guest's index makes no sense. */
  get available(): number | null {
    const available = (this.index(this.place.prod) - this.#cons) >>> 0;
    return available > this.place.size ? null : available;
  }

  /** Takes up to `most` bytes out. */
  read(most: number): Uint8Array {
    const bytes = new Uint8Array(Math.min(most, this.available ?? 0));
    for (let at = 0; at < bytes.length;) {
      const piece = this.piece(this.#cons + at, bytes.length - at);
      bytes.set(piece, at);
      at += piece.length;
    }
    this.#advance(bytes.length);
    return bytes;
  }

  /** The guest has written nonsense into its index: we go on from there. */
  skip(): void {
    this.#advance((this.index(this.place.prod) - this.#cons) >>> 0);
  }

  #advance(count: number): void {
    this.#cons = (this.#cons + count) >>> 0;
    this.setIndex(this.place.cons, this.#cons);
  }
}

/** We produce, the guest consumes. */
export class ByteRingWriter extends ByteRing {
  #prod: number;

  constructor(page: Uint8Array, place: ByteRingPlace) {
    super(page, place);
    this.#prod = this.index(place.prod);
  }

  /** Room for so many bytes; null: the guest's index makes no sense. */
  get room(): number | null {
    const used = (this.#prod - this.index(this.place.cons)) >>> 0;
    return used > this.place.size ? null : this.place.size - used;
  }

  /** Puts in as much as there is room for; answers how much that was. */
  write(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.room ?? 0);
    for (let at = 0; at < count;) {
      const piece = this.piece(this.#prod + at, count - at);
      piece.set(bytes.subarray(at, at + piece.length));
      at += piece.length;
    }
    this.#prod = (this.#prod + count) >>> 0;
    this.setIndex(this.place.prod, this.#prod);
    return count;
  }
}
