/** A paging-structure cache (SDM vol. 3, 4.10.3): where the level 1 tables are that walks have come by, and what the levels above them allow. */
const SLOTS = 32;
const WRITABLE = 1;
const EXECUTABLE = 2;

export class TableCache {
  /** Bits 21 to 47 of the address, or -1. */
  readonly #keys: Int32Array = new Int32Array(SLOTS).fill(-1);
  readonly #tables: Int32Array = new Int32Array(SLOTS);
  readonly #rights: Uint8Array = new Uint8Array(SLOTS);

  /** Bits 21 to 47 of an address: what one level 1 table maps. */
  static key(low: number, high: number): number {
    return ((high & 0xffff) << 11) | (low >>> 21);
  }
  holds(key: number): boolean {
    return this.#keys[key % SLOTS] === key;
  }
  table(key: number): number {
    return this.#tables[key % SLOTS]!;
  }
  writable(key: number): boolean {
    return (this.#rights[key % SLOTS]! & WRITABLE) !== 0;
  }
  executable(key: number): boolean {
    return (this.#rights[key % SLOTS]! & EXECUTABLE) !== 0;
  }
  keep(key: number, table: number, writable: boolean, executable: boolean): void {
    const slot = key % SLOTS;
    this.#keys[slot] = key;
    this.#tables[slot] = table;
    this.#rights[slot] = (writable ? WRITABLE : 0) | (executable ? EXECUTABLE : 0);
  }
  forget(): void {
    this.#keys.fill(-1);
  }
}
