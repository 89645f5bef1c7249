/**
 * The second engine: hot code as WebAssembly, from the same descriptions as the interpreter. A region's function takes the place of the handler of
 * the micro-op where it begins; when its page's code changes, that micro-op goes stale like any other.
 */
import type { MachineMemory } from '../../memory.ts';
import type { CodeCache } from '../code-cache.ts';
import type { CodeMode } from '../code-mode.ts';
import type { Decoded } from '../decode/decoder.ts';
import { shapeKey, shapeOf } from '../interpreter/handlers.ts';
import { ModuleWriter } from '../wasm/module.ts';
import { buildRegion } from './build-region.ts';
import { planRegion, type Plan } from './plan-region.ts';
import { canTranslate, declareImports } from './can-translate.ts';
import type { RegionHelpers } from './region-base.ts';
import { RegionEmitter } from './region-emitter.ts';
import { shapeRegion } from './shape-region.ts';

/** A module costs as much as several functions: regions are translated together. */
const BATCH = 8;
const REBUILDS_MOST = 12;
const TABLE_STEP = 256;
/** More micro-ops than a region's ways out and entries can take. */
const EXITS_MOST = 6000;

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
  readonly mode: CodeMode;
  /** Although there is one: it has more targets now. */
  readonly again: boolean;
}

interface Planned extends Request {
  /** Address of its page. */
  readonly page: number;
  readonly plan: Plan;
}

export class Translator {
  readonly #memory: MachineMemory;
  readonly #code: CodeCache;
  readonly #imports: TranslatorImports;
  readonly #queue: Request[] = [];
  /** By frame: the region with an indirect jump that may get more targets, and how often yet. */
  readonly #open: Map<number, { readonly va: number; readonly mode: CodeMode; rebuilds: number }> = new Map();
  readonly #freeSlots: number[] = [];
  readonly #known: Map<number, boolean> = new Map();
  readonly counts: TranslationCounts = { regions: 0, modules: 0, blocks: 0, instructions: 0, bytes: 0, dropped: 0, refused: new Map() };

  constructor(memory: MachineMemory, code: CodeCache, imports: TranslatorImports) {
    this.#memory = memory;
    this.#code = code;
    this.#imports = imports;
    code.onRegionGone = (slot) => this.#release(slot);
  }

  /** Code at `va`, in frame `mfn`, is hot; `target`: an indirect jump goes there. */
  request(mfn: number, va: number, mode: CodeMode, target: boolean): void {
    if (target) {
      const page = pageOf(va);
      const targets = this.#code.targets(mfn);
      // A region with an indirect jump takes it in.
      const open = this.#open.get(mfn);
      if (
        !targets.has(va - page) &&
        open &&
        open.rebuilds > 0 &&
        pageOf(open.va) === page &&
        open.mode === mode &&
        this.#code.isTranslated(this.#code.known(mfn, open.va, mode) ?? 0)
      ) {
        open.rebuilds--;
        this.#ask({ mfn, va: open.va, mode, again: true });
      }
      targets.add(va - page);
    }
    this.#ask({ mfn, va, mode, again: false });
    if (this.#queue.length >= BATCH) this.flush();
  }
  #ask(request: Request): void {
    if (!this.#queue.some(({ mfn, va, mode }) => mfn === request.mfn && va === request.va && mode === request.mode))
      this.#queue.push(request);
  }

  /** Translates what has been asked for. */
  flush(): void {
    if (this.#queue.length === 0) return;
    // Code that runs on without new code being decoded would never get room.
    if (!this.#code.hasRoom(EXITS_MOST)) {
      this.#queue.length = 0;
      this.#code.forget();
      return;
    }
    const module = new ModuleWriter();
    const helpers = declareImports(module);
    const done: { readonly mfn: number; readonly mode: CodeMode; readonly slot: number; readonly entries: readonly number[] }[] = [];
    for (const [i, planned] of this.#plans().entries()) {
      const { mfn, va, mode, page, plan } = planned;
      if (!this.#code.hasRoom(EXITS_MOST)) break;
      if (plan.open && this.#open.get(mfn)?.va !== va) this.#open.set(mfn, { va, mode, rebuilds: REBUILDS_MOST });
      this.#translate(module, helpers, planned, `r${i}`);
      done.push({ mfn, mode, slot: this.#slot(), entries: plan.entries.map((entry) => page + entry) });
    }
    if (done.length === 0) return;
    const { wasm } = this.#memory;
    const bytes = module.encode(wasm.buffer.byteLength / 65536, []);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory: wasm, table: this.#imports.table, ...this.#imports.functions },
    });
    for (const [i, { mfn, mode, slot, entries }] of done.entries()) {
      this.#imports.table.set(slot, instance.exports[`r${i}`]);
      for (const va of entries) this.#code.install(mfn, va, mode, slot);
    }
    this.counts.modules++;
    this.counts.regions += done.length;
    this.counts.bytes += bytes.length;
  }

  /**
   * The regions to make of the queue. Loops get hot from the inside out, and the region of an outer one has the inner ones in it: who waits for an
   * inner one alone gets hot, and asks, again.
   */
  #plans(): readonly Planned[] {
    const plans: Planned[] = [];
    const covered = new Set<string>();
    const requests = this.#queue.splice(0).toReversed();
    for (const request of requests.toSorted((a, b) => Number(b.again) - Number(a.again))) {
      const { mfn, va, mode, again } = request;
      const key = (at: number): string => `${mfn}:${at}:${mode.index}`;
      const head = this.#code.known(mfn, va, mode);
      if (head === null || covered.has(key(va)) || (!again && this.#code.isTranslated(head))) continue;
      const page = pageOf(va);
      const plan = planRegion(this.#memory.frame(mfn), va - page, mode, this.#code.targets(mfn), (decoded) => this.#translatable(decoded));
      if (plan.blocks.length === 0) continue;
      plans.push({ ...request, page, plan });
      for (const { offset } of plan.blocks) covered.add(key(page + offset));
    }
    return plans;
  }

  #translate(module: ModuleWriter, helpers: RegionHelpers, { mfn, va, page, plan }: Planned, name: string): void {
    const t = new RegionEmitter(helpers, this.#code.exitMicroOp(mfn, va), page);
    buildRegion(t, shapeRegion(plan), page, (to) => this.#code.exitMicroOp(mfn, to));
    const { locals, code } = t.finish();
    const index = module.reserve();
    module.define(index, helpers.handlerType, locals, code);
    module.export(name, index);
    for (const { instructions } of plan.blocks) {
      this.counts.blocks++;
      this.counts.instructions += instructions.length;
      for (const { offset, decoded } of instructions) this.#code.cover(mfn, offset, decoded.length);
    }
  }

  /** Tries a form once, on its own. */
  #translatable(decoded: Decoded): boolean {
    const key = shapeKey(decoded.form, shapeOf(decoded));
    let known = this.#known.get(key);
    if (known === undefined) this.#known.set(key, (known = canTranslate(decoded)));
    if (!known) this.counts.refused.set(decoded.form.description.name, (this.counts.refused.get(decoded.form.description.name) ?? 0) + 1);
    return known;
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

const pageOf = (va: number): number => Math.floor(va / 4096) * 4096;
