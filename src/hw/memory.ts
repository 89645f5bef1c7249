/**
 * The machine's memory: one shared WebAssembly.Memory. The low part belongs to the engine (processor contexts,
 * TLBs, decoded micro-ops); machine frame 0 starts at `base`. Untouched frames cost the host nothing.
 */

export const PAGE_SIZE = 4096;

/** What the engine keeps for itself below machine frame 0. */
const ENGINE_BYTES: number = 64 * 1024 * 1024;
const WASM_PAGE = 65536;

export class MachineMemory {
  readonly wasm: WebAssembly.Memory;
  /** Byte offset of machine frame 0 in `wasm`. */
  readonly base: number = ENGINE_BYTES;
  /** Number of 4 KiB machine frames: mfn 0 to frames - 1. */
  readonly frames: number;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly u64: BigUint64Array;
  readonly view: DataView;
  #engineNext = PAGE_SIZE; // address 0 stays unused: it means "no address" to the engine

  /** @param sizeBytes the guests' RAM, a multiple of 64 KiB, at most about 3.5 GiB. */
  constructor(sizeBytes: number) {
    const pages = Math.ceil((ENGINE_BYTES + sizeBytes) / WASM_PAGE);
    this.wasm = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.frames = Math.floor(sizeBytes / PAGE_SIZE);
    const buffer = this.wasm.buffer;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.view = new DataView(buffer);
  }

  /** Byte offset in `wasm` of the first byte of frame `mfn`. */
  address(mfn: number): number {
    return this.base + mfn * PAGE_SIZE;
  }

  /** The 4096 bytes of frame `mfn`. */
  frame(mfn: number): Uint8Array {
    const start = this.address(mfn);
    return this.u8.subarray(start, start + PAGE_SIZE);
  }

  /** Takes `bytes` of the engine's area, for ever; zeroed, aligned. Throws RangeError when the area is used up. */
  allocateEngine(bytes: number, alignment: number = 16): number {
    const start = Math.ceil(this.#engineNext / alignment) * alignment;
    if (start + bytes > ENGINE_BYTES) throw new RangeError(`engine memory exhausted: ${bytes} bytes wanted`);
    this.#engineNext = start + bytes;
    return start;
  }
}
