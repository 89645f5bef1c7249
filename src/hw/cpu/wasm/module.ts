/** Writes one WebAssembly module (core specification, binary format). */
import { setFlagsFromString } from 'node:v8';
import { Bytes } from './bytes.ts';

// Node 24's V8 looks at branch hints only when told to, later ones always do. Without them whatever is live across a slow path lives in memory.
if (process.versions.v8.startsWith('13.')) setFlagsFromString('--experimental-wasm-branch-hinting');

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export type ValueType = typeof I32 | typeof I64 | typeof F32 | typeof F64 | typeof V128;

interface FunctionBody {
  readonly type: number;
  readonly locals: readonly ValueType[];
  readonly code: Bytes;
}

export class ModuleWriter {
  readonly #types: { readonly params: readonly ValueType[]; readonly results: readonly ValueType[] }[] = [];
  readonly #imports: { readonly name: string; readonly type: number }[] = [];
  readonly #functions: (FunctionBody | null)[] = [];
  readonly #exports: { readonly name: string; readonly index: number }[] = [];

  /** Index of the function type, added when new. */
  type(params: readonly ValueType[], results: readonly ValueType[]): number {
    const same = (a: readonly ValueType[], b: readonly ValueType[]): boolean => a.length === b.length && a.every((t, i) => t === b[i]);
    const found = this.#types.findIndex((type) => same(type.params, params) && same(type.results, results));
    return found >= 0 ? found : this.#types.push({ params, results }) - 1;
  }

  /** All imports come before the first `reserve`. Returns the function index. */
  importFunction(name: string, params: readonly ValueType[], results: readonly ValueType[]): number {
    return this.#imports.push({ name, type: this.type(params, results) }) - 1;
  }

  /** The index of a function whose body comes later, so that others can call it. */
  reserve(): number {
    return this.#imports.length + this.#functions.push(null) - 1;
  }

  define(index: number, type: number, locals: readonly ValueType[], code: Bytes): void {
    this.#functions[index - this.#imports.length] = { type, locals, code };
  }

  export(name: string, index: number): void {
    this.#exports.push({ name, index });
  }

  /** @param table indices of the functions that fill the imported table env.table from `firstSlot` on */
  encode(memoryPages: number, table: readonly number[], firstSlot: number = 0): Uint8Array<ArrayBuffer> {
    const out = new Bytes(0x4000);
    out.bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const section = (id: number, write: (body: Bytes) => void): void => {
      const body = new Bytes();
      write(body);
      out.u8(id);
      out.sized(body);
    };
    const bodies = this.#functions.map((body, i) => {
      if (!body) throw new Error(`function ${i} was reserved and never defined`);
      return body;
    });
    section(1, (body) => {
      body.u32(this.#types.length);
      for (const { params, results } of this.#types) {
        body.u8(0x60);
        body.u32(params.length);
        body.bytes(params);
        body.u32(results.length);
        body.bytes(results);
      }
    });
    section(2, (body) => {
      body.u32(this.#imports.length + 2);
      for (const { name, type } of this.#imports) {
        body.name('env');
        body.name(name);
        body.u8(0);
        body.u32(type);
      }
      body.name('env');
      body.name('memory');
      body.bytes([2, 3]); // shared, with a maximum
      body.u32(memoryPages);
      body.u32(memoryPages);
      body.name('env');
      body.name('table');
      body.bytes([1, 0x70, 0]);
      body.u32(0);
    });
    section(3, (body) => {
      body.u32(bodies.length);
      for (const { type } of bodies) body.u32(type);
    });
    section(7, (body) => {
      body.u32(this.#exports.length);
      for (const { name, index } of this.#exports) {
        body.name(name);
        body.u8(0);
        body.u32(index);
      }
    });
    section(9, (body) => {
      body.bytes([1, 0, 0x41]); // one active segment
      body.s32(firstSlot);
      body.u8(0x0b);
      body.u32(table.length);
      for (const index of table) body.u32(index);
    });
    const functions = bodies.map(({ locals, code }) => {
      const inner = new Bytes(code.length + 2 * locals.length + 8);
      inner.u32(locals.length);
      for (const local of locals) {
        inner.u32(1);
        inner.u8(local);
      }
      inner.append(code);
      inner.u8(0x0b);
      return inner;
    });
    section(0, (body) => {
      body.name('metadata.code.branch_hint');
      const hinted = [...functions.entries()].filter(([, { seldom }]) => seldom.length > 0);
      body.u32(hinted.length);
      for (const [i, { seldom }] of hinted) {
        body.u32(this.#imports.length + i);
        body.u32(seldom.length);
        for (const at of seldom) {
          body.u32(at);
          body.bytes([1, 0]); // a byte: not taken
        }
      }
    });
    section(10, (body) => {
      body.u32(functions.length);
      for (const inner of functions) body.sized(inner);
    });
    return out.view();
  }
}
