/**
 * The second engine: hot code as WebAssembly, from the same descriptions as the interpreter. A region's function takes the place of the handler of
 * the micro-op where it begins; when its page's code changes, that micro-op goes stale like any other.
 */
import type { MachineMemory } from '../../memory.ts';
import type { CodeCache } from '../code-cache.ts';
import type { Decoded } from '../decode/decoder.ts';
import { IMPORTS, shapeKey, shapeOf } from '../interpreter/handlers.ts';
import { I32, I64, ModuleWriter } from '../wasm/module.ts';
import { buildRegion } from './build-region.ts';
import { planRegion } from './plan-region.ts';
import { RegionEmitter, Untranslatable, type RegionHelpers } from './region-emitter.ts';
import { shapeRegion } from './shape-region.ts';

/** A module costs as much as several functions: regions are translated together. */
const BATCH = 8;
/** Helpers that touch no register or flag. */
const PURE: readonly string[] = ['swap32', 'swap64'];
const MEMORY: readonly string[] = ['slowRead', 'slowWrite', 'finishWrite'];
const TABLE_STEP = 256;
/** More ways out than a region can have. */
const EXITS_MOST = 1000;

/** What a module of regions imports: functions of the engine, and of the interpreter's module. */
export interface TranslatorImports {
  readonly table: WebAssembly.Table;
  readonly functions: Readonly<Record<string, unknown>>;
}

/** For debug keys and the benchmark. */
export interface TranslationCounts {
  regions: number;
  modules: number;
  blocks: number;
  /** Of guest code. */
  instructions: number;
  /** Of wasm. */
  bytes: number;
  /** Regions whose code has changed. */
  dropped: number;
  /** Instructions that regions end at because only the interpreter does them, by name. */
  readonly refused: Map<string, number>;
}

interface Request {
  readonly mfn: number;
  readonly va: number;
}

export class Translator {
  readonly #memory: MachineMemory;
  readonly #code: CodeCache;
  readonly #imports: TranslatorImports;
  readonly #queue: Request[] = [];
  readonly #freeSlots: number[] = [];
  readonly #known: Map<string, boolean> = new Map();
  readonly counts: TranslationCounts = { regions: 0, modules: 0, blocks: 0, instructions: 0, bytes: 0, dropped: 0, refused: new Map() };

  constructor(memory: MachineMemory, code: CodeCache, imports: TranslatorImports) {
    this.#memory = memory;
    this.#code = code;
    this.#imports = imports;
    code.onRegionGone = (slot) => this.#release(slot);
  }

  /** Code at `va`, in frame `mfn`, is hot. */
  request(mfn: number, va: number): void {
    if (this.#queue.some((one) => one.mfn === mfn && one.va === va)) return;
    this.#queue.push({ mfn, va });
    if (this.#queue.length >= BATCH) this.flush();
  }

  /** Translates what has been asked for. */
  flush(): void {
    if (this.#queue.length === 0) return;
    const requests = this.#queue.splice(0);
    const module = new ModuleWriter();
    const helpers = this.#declare(module);
    const done: { readonly name: string; readonly slot: number; readonly head: number; readonly mfn: number }[] = [];
    for (const { mfn, va } of requests) {
      const head = this.#code.known(mfn, va);
      if (head === null || this.#code.isTranslated(head) || !this.#code.hasRoom(EXITS_MOST)) continue;
      const slot = this.#slot();
      if (!this.#translate(module, helpers, { mfn, va, head, slot }, `r${done.length}`)) {
        this.#freeSlots.push(slot);
        continue;
      }
      done.push({ name: `r${done.length}`, slot, head, mfn });
    }
    if (done.length === 0) return;
    const { wasm } = this.#memory;
    const bytes = module.encode(wasm.buffer.byteLength / 65536, []);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory: wasm, table: this.#imports.table, ...this.#imports.functions },
    });
    for (const { name, slot, head, mfn } of done) {
      this.#imports.table.set(slot, instance.exports[name]);
      this.#code.install(mfn, head, slot);
    }
    this.counts.modules++;
    this.counts.regions += done.length;
    this.counts.bytes += bytes.length;
  }

  #declare(module: ModuleWriter): RegionHelpers {
    const named: Record<string, number> = {};
    for (const name of MEMORY) named[name] = module.importFunction(name, ...IMPORTS[name]!);
    for (const name of PURE) named[name] = module.importFunction(name, ...PURE_TYPES[name]!);
    const jump = module.importFunction('jump', [I32, I64, I32], [I32]);
    return {
      handlerType: module.type([I32, I32, I32], [I32]),
      jump,
      named,
      slowRead: named.slowRead!,
      slowWrite: named.slowWrite!,
      finishWrite: named.finishWrite!,
    };
  }

  #translate(
    module: ModuleWriter,
    helpers: RegionHelpers,
    { mfn, va, head, slot }: { mfn: number; va: number; head: number; slot: number },
    name: string,
  ): boolean {
    const pageVa = Math.floor(va / 4096) * 4096;
    const blocks = planRegion(this.#memory.frame(mfn), va - pageVa, (decoded) => this.#translatable(decoded));
    if (blocks.length === 0) return false;
    const t = new RegionEmitter(helpers, head, slot);
    buildRegion(t, shapeRegion(blocks), pageVa, (to) => this.#code.exitMicroOp(mfn, to));
    const { locals, code } = t.finish();
    const index = module.reserve();
    module.define(index, helpers.handlerType, locals, code);
    module.export(name, index);
    for (const { instructions } of blocks) {
      this.counts.blocks++;
      this.counts.instructions += instructions.length;
      for (const { offset, decoded } of instructions) this.#code.cover(mfn, offset, decoded.length);
    }
    return true;
  }

  /** Tries a form once, on its own. */
  #translatable(decoded: Decoded): boolean {
    const key = shapeKey(decoded.form, shapeOf(decoded));
    let known = this.#known.get(key);
    if (known === undefined) this.#known.set(key, (known = this.#try(decoded)));
    if (!known) this.counts.refused.set(decoded.form.description.name, (this.counts.refused.get(decoded.form.description.name) ?? 0) + 1);
    return known;
  }
  #try(decoded: Decoded): boolean {
    const t = new RegionEmitter(this.#declare(new ModuleWriter()), 0, 0);
    t.onJumpNear = () => undefined;
    t.begin(decoded, 0, 1);
    try {
      decoded.form.description.translate(t, ...decoded.form.operands.map((spec) => t.place(spec)));
      return true;
    } catch (error) {
      if (error instanceof Untranslatable) return false;
      throw error;
    }
  }

  #slot(): number {
    const { table } = this.#imports;
    if (this.#freeSlots.length === 0) {
      const first = table.grow(TABLE_STEP);
      for (let slot = first + TABLE_STEP - 1; slot >= first; slot--) this.#freeSlots.push(slot);
    }
    return this.#freeSlots.pop()!;
  }
  #release(slot: number): void {
    this.#imports.table.set(slot, null);
    this.#freeSlots.push(slot);
    this.counts.dropped++;
  }
}

const PURE_TYPES: typeof IMPORTS = { swap32: [[I32, I32], [I32]], swap64: [[I32, I64], [I64]] };
