/** Builds the interpreter: all handlers and the shared routines, as one wasm module. */
import type { Width } from '../isa/emitter.ts';
import type { AnyPlace } from '../isa/instruction.ts';
import type { CodeMode } from '../code-mode.ts';
import { existsIn, forms, immediateIndex, type Form, type OperandSpec } from '../decode/table.ts';
import { FLOAT_SIGNATURES } from '../float/helpers.ts';
import { CONTEXT, EXIT } from '../layout.ts';
import { Bytes } from '../wasm/bytes.ts';
import { NO_REGISTER, type Decoded } from '../decode/decoder.ts';
import { I32, I64, ModuleWriter, type ValueType } from '../wasm/module.ts';
import {
  dispatch,
  enterAt,
  farJump,
  gotoPseudo,
  guardPseudo,
  leaveAt,
  nearJump,
  nextPagePseudo,
  storeConst,
  swap32,
  swap64,
} from './routines.ts';
import { MaterializeEmitter } from './materialize.ts';
import { PSEUDO } from './pseudo.ts';
import { HandlerEmitter, type Helpers, type Shape } from './handler-emitter.ts';

/** What the engine must offer to the module: imports by name. */
export const IMPORTS: Readonly<Record<string, readonly [readonly ValueType[], readonly ValueType[]]>> = {
  slowRead: [[I32, I32, I32, I32, I32], [I32]],
  slowWrite: [[I32, I32, I32, I32, I32], [I32]],
  finishWrite: [[I32], [I32]],
  readFlags: [[I32], [I32]],
  writeFlags: [[I32, I32, I32], []],
  cpuid: [[I32], []],
  tsc: [[I32, I32], [I64]],
  quotientFits: [[I32, I64, I64, I64, I32], [I32]],
  quotient: [[I32, I64, I64, I64, I32], [I64]],
  remainder: [[I32, I64, I64, I64, I32], [I64]],
  descriptor: [[I32, I32], [I64]],
  interruptReturn: [[I32, I32, I32], [I32]],
  loadSegment: [[I32, I32, I32], [I32]],
  segmentAddress: [[I32, I32, I32, I32], [I64]],
  guardHolds: [[I32, I32], [I32]],
  ...FLOAT_SIGNATURES,
};

const FS = 4;

export interface HandlerModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly slots: number;
  /** Table slot of a form's handler. */
  slot(form: Form, shape: Shape): number;
}

/** Which of a form's handlers an instruction takes. */
export function shapeOf({ form, operandSize, condition, repeat, memory, segment, addressSize, mode }: Decoded): Shape {
  const { model } = mode;
  const based = model === 'segmented' || segment >= FS;
  const simple = memory?.index === NO_REGISTER && !based && addressSize === (model === 'long' ? 8 : 4) && !form.absolute;
  const reaches = memory !== null && form.reaches;
  return {
    model,
    operandSize,
    addressSize,
    stringWidth: 1,
    conditionCode: condition,
    repeat,
    memory: !reaches ? 'none' : simple ? 'simple' : 'full',
  };
}

const MODELS: Readonly<Record<Shape['model'], number>> = { long: 0, flat: 1, segmented: 2 };
const SIZES: Readonly<Record<Width, number>> = { 1: 0, 2: 1, 4: 2, 8: 3 };
const MEMORIES: Readonly<Record<Shape['memory'], number>> = { none: 0, simple: 1, full: 2 };
/** A number for each handler: what does not matter to the form is left out. */
export function shapeKey(form: Form, { model, operandSize, addressSize, memory, conditionCode, repeat }: Shape): number {
  const { compact, addressed, repeatable } = form.description;
  const size = form.sized ? SIZES[operandSize] : 0;
  const address = addressed ? SIZES[addressSize] : 0;
  const where = MEMORIES[compact && memory === 'simple' ? 'full' : memory];
  const condition = form.conditional ? conditionCode : 0;
  return ((((form.index * 3 + MODELS[model]) * 4 + size) * 4 + address) * 3 + where) * 48 + condition * 3 + (repeatable ? repeat : 0);
}

function widthsOf(form: Form, model: Shape['model']): readonly Width[] {
  if (!form.sized) return [4];
  if (model !== 'long') return [2, 4];
  if (!form.description.default64) return [2, 4, 8];
  return form.description.ends ? [8] : [2, 8];
}

function shapesOf(form: Form, model: Shape['model']): Shape[] {
  const addresses: readonly Shape['addressSize'][] = !form.description.addressed ? [8] : model === 'long' ? [4, 8] : [2, 4];
  const hasRm = form.operands.some(({ source }) => ['rm', 'xmm-rm', 'mmx-rm'].includes(source));
  const memoryOnly = form.operands.some((spec) => spec.memoryOnly);
  const registerOnly = form.operands.some((spec) => spec.registerOnly);
  const memories: readonly Shape['memory'][] = form.operands.some(({ source }) => source === 'moffs')
    ? ['full']
    : !hasRm
      ? ['none']
      : ([
          ...(memoryOnly ? [] : ['none']),
          ...(registerOnly ? [] : form.description.compact || model === 'segmented' ? ['full'] : ['simple', 'full']),
        ] as Shape['memory'][]);
  const conditions = form.conditional ? Array.from({ length: 16 }, (_, i) => i) : [0];
  const repeats: readonly Shape['repeat'][] = form.description.repeatable ? [0, 1, 2] : [0];
  const shapes: Shape[] = [];
  for (const operandSize of widthsOf(form, model))
    for (const addressSize of addresses)
      for (const memory of memories)
        for (const conditionCode of conditions)
          for (const repeat of repeats) {
            const stringWidth = form.stringWidth === 'b' ? 1 : operandSize;
            shapes.push({ model, operandSize, addressSize, stringWidth, conditionCode, repeat, memory });
          }
  return shapes;
}

function place(t: HandlerEmitter, form: Form, spec: OperandSpec, shape: Shape): AnyPlace {
  const size = spec.size;
  const width: Width =
    size === 'v'
      ? shape.operandSize
      : size === 'y'
        ? shape.operandSize === 8
          ? 8
          : 4
        : size === 'z'
          ? shape.operandSize
          : size === 16
            ? 8
            : size;
  const bytes = size === 4 || size === 8 || size === 16 ? size : 16;
  const inMemory = shape.memory !== 'none';
  switch (spec.source) {
    case 'reg':
      return t.field('reg', width) as AnyPlace;
    case 'rm':
      return (inMemory ? t.operandMemory(width) : t.field('rm', width)) as AnyPlace;
    case 'opcode':
      return t.field('rm', width) as AnyPlace;
    case 'moffs':
      return t.operandMemory(width) as AnyPlace;
    case 'fixed':
      return t.gpr(spec.fixed === 0 ? 'rax' : spec.fixed === 1 ? 'rcx' : 'rdx', width) as AnyPlace;
    case 'one':
      return t.constantPlace(1, 1) as AnyPlace;
    case 'segment':
      return t.selector() as AnyPlace;
    case 'xmm-reg':
      return t.vectorField('reg', bytes) as AnyPlace;
    case 'mmx-reg':
      return t.mmxField('reg') as AnyPlace;
    case 'mmx-rm':
      return (inMemory ? t.vectorMemory(bytes) : t.mmxField('rm')) as AnyPlace;
    case 'xmm-rm':
      return (inMemory ? t.vectorMemory(bytes) : t.vectorField('rm', bytes)) as AnyPlace;
    default:
      return t.immediate(width, 2 * immediateIndex(form, spec)) as AnyPlace;
  }
}

/**
 * @param hot how often a branch is taken before `enter` answers EXIT.hot for it; 0: never
 * @param model the kind of code that the handlers are for; those for compatibility mode are built when a program first asks for them
 * @param firstSlot where in the table they go. The pseudo micro-ops' handlers, in the first slots, are the long mode's.
 */
export function buildHandlers(memoryPages: number, hot: number, model: CodeMode['model'] = 'long', firstSlot: number = 0): HandlerModule {
  const module = new ModuleWriter();
  const named: Record<string, number> = {};
  for (const [name, [params, results]] of Object.entries(IMPORTS)) named[name] = module.importFunction(name, params, results);
  const handlerType = module.type([I32, I32, I32], [I32]);
  const shared = (type: number, locals: readonly ValueType[], write: (code: Bytes) => void): number => {
    const index = module.reserve();
    const code = new Bytes();
    write(code);
    module.define(index, type, locals, code);
    return index;
  };
  const fault = shared(handlerType, [], (code) => leaveAt(code, EXIT.exception));
  const budget = shared(handlerType, [], (code) => leaveAt(code, EXIT.budget));
  const near = shared(handlerType, [I32], (code) => nearJump(code, handlerType, budget, hot));
  const jump = shared(module.type([I32, I64, I32], [I32]), [I32], (code) => farJump(code, handlerType, hot));
  named.swap64 = shared(module.type([I32, I64], [I64]), [], swap64);
  named.swap32 = shared(module.type([I32, I32], [I32]), [], swap32);
  const helpers: Helpers = {
    handlerType,
    fault,
    budget,
    near,
    jump,
    slowRead: named.slowRead!,
    slowWrite: named.slowWrite!,
    finishWrite: named.finishWrite!,
    named,
  };

  const table: number[] = [];
  table[PSEUDO.stale] = shared(handlerType, [], (code) => leaveAt(code, EXIT.lookup));
  table[PSEUDO.goto] = shared(handlerType, [I32], (code) => gotoPseudo(code, handlerType, hot));
  table[PSEUDO.guard] = shared(handlerType, [], (code) => guardPseudo(code, handlerType, named.guardHolds!));
  table[PSEUDO.nextPage] = shared(handlerType, [], (code) => nextPagePseudo(code, jump));
  table[PSEUDO.undefined] = shared(handlerType, [], (code) => {
    storeConst(code, CONTEXT.exitVector, 6);
    storeConst(code, CONTEXT.exitError, -1);
    leaveAt(code, EXIT.exception);
  });

  const slots = new Map<number, number>();
  for (const form of forms()) {
    if (!existsIn(form, model === 'long' ? 64 : 32)) continue;
    for (const shape of shapesOf(form, model)) {
      const t = new HandlerEmitter(helpers, shape);
      form.description.translate(t, ...form.operands.map((spec) => place(t, form, spec, shape)));
      t.finish();
      const index = module.reserve();
      t.code.u8(0x00); // every path has left
      module.define(index, handlerType, t.locals, t.code);
      slots.set(shapeKey(form, shape), firstSlot + table.push(index) - 1);
    }
  }
  module.export(
    'enter',
    shared(handlerType, [], (code) => dispatch(code, handlerType, 1)),
  );
  module.export(
    'enterAt',
    shared(module.type([I32, I32, I32, I32], [I32]), [], (code) => enterAt(code, handlerType)),
  );
  const lazy = new MaterializeEmitter(helpers);
  lazy.write();
  const materialize = module.reserve();
  module.define(materialize, module.type([I32, I32, I64, I64], []), lazy.locals, lazy.code);
  for (const [name, index] of Object.entries({ jump, materialize, swap32: named.swap32, swap64: named.swap64 })) module.export(name, index);
  return {
    bytes: module.encode(memoryPages, table, firstSlot),
    slots: table.length,
    slot(form, shape) {
      const slot = slots.get(shapeKey(form, shape));
      if (slot === undefined) throw new Error(`no handler for ${form.text} ${JSON.stringify(shape)}`);
      return slot;
    },
  };
}
