/** What regions can call, and which instructions can be in one at all. */
import type { Decoded } from '../decode/decoder.ts';
import { IMPORTS } from '../interpreter/handlers.ts';
import { I32, I64, ModuleWriter } from '../wasm/module.ts';
import { STORING, Untranslatable, type RegionHelpers } from './region-base.ts';
import { RegionEmitter } from './region-emitter.ts';

/** Helpers that touch no general register, XMM register or flag: what regions keep in locals. */
const PURE: readonly string[] = [
  'quotientFits',
  'quotient',
  'remainder',
  'runSse',
  'compareStrings',
  'crc32',
  'enterMmx',
  'x87',
  'x87Answer',
  'x87Control',
  'x87Initialise',
  'writable',
  ...STORING,
];
/** What the interpreter's module offers. */
const EXPORTS: typeof IMPORTS = { swap32: [[I32, I32], [I32]], swap64: [[I32, I64], [I64]] };
const MEMORY: readonly string[] = ['slowRead', 'slowWrite', 'finishWrite'];

/** What a module of regions imports, in the order of its indices. */
export function declareImports(module: ModuleWriter): RegionHelpers {
  const named: Record<string, number> = {};
  for (const name of MEMORY) named[name] = module.importFunction(name, ...IMPORTS[name]!);
  for (const name of PURE) named[name] = module.importFunction(name, ...IMPORTS[name]!);
  for (const [name, type] of Object.entries(EXPORTS)) named[name] = module.importFunction(name, ...type);
  const jump = module.importFunction('jump', [I32, I64, I32], [I32]);
  const materialize = module.importFunction('materialize', [I32, I32, I64, I64], []);
  return {
    handlerType: module.type([I32, I32, I32], [I32]),
    jump,
    materialize,
    named,
    slowRead: named.slowRead!,
    slowWrite: named.slowWrite!,
    finishWrite: named.finishWrite!,
  };
}

/** Tries an instruction on its own: does its description ask for anything that a region has not? */
export function canTranslate(decoded: Decoded): boolean {
  const t = new RegionEmitter(declareImports(new ModuleWriter()), 0, 0);
  t.onJumpNear = t.onJump = t.onAgain = () => undefined;
  t.begin(decoded, 0, 1);
  try {
    decoded.form.description.translate(t, ...decoded.form.operands.map((spec) => t.place(spec)));
    return true;
  } catch (error) {
    if (error instanceof Untranslatable) return false;
    throw error;
  }
}
