/** Builds the interpreter: all handlers and the shared routines, as one wasm module. */
import type { Width } from '../isa/emitter.ts';
import type { AnyPlace } from '../isa/instruction.ts';
import { forms, type Form, type OperandSpec } from '../decode/table.ts';
import { FLOAT_SIGNATURES } from '../float/helpers.ts';
import { CONTEXT, EXIT } from '../layout.ts';
import { Bytes } from '../wasm/bytes.ts';
import { NO_REGISTER, type Decoded } from '../decode/decoder.ts';
import { I32, I64, ModuleWriter, type ValueType } from '../wasm/module.ts';
import { dispatch, enterAt, farJump, gotoPseudo, guardPseudo, leaveAt, nearJump, storeConst, swap32, swap64 } from './routines.ts';
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
  guardHolds: [[I32, I32], [I32]],
  ...FLOAT_SIGNATURES,
};

export interface HandlerModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly slots: number;
  /** Table slot of a form's handler. */
  slot(form: Form, shape: Shape): number;
}

/** Which of a form's handlers an instruction takes. */
export function shapeOf({ form, operandSize, condition, repeat, memory, segment, address32 }: Decoded): Shape {
  const simple = memory?.index === NO_REGISTER && segment === 3 && !address32 && !form.absolute;
  const reaches = memory !== null && form.reaches;
  return { operandSize, stringWidth: 1, conditionCode: condition, repeat, memory: !reaches ? 'none' : simple ? 'simple' : 'full' };
}

const SIZES: Readonly<Record<Width, number>> = { 1: 0, 2: 1, 4: 2, 8: 3 };
const MEMORIES: Readonly<Record<Shape['memory'], number>> = { none: 0, simple: 1, full: 2 };
/** A number for each handler: what does not matter to the form is left out. */
export function shapeKey(form: Form, { operandSize, memory, conditionCode, repeat }: Shape): number {
  const size = form.sized ? SIZES[operandSize] : 0;
  const where = MEMORIES[form.description.compact && memory === 'simple' ? 'full' : memory];
  const condition = form.conditional ? conditionCode : 0;
  return (((form.index * 4 + size) * 3 + where) * 16 + condition) * 3 + (form.description.repeatable ? repeat : 0);
}

function shapesOf(form: Form): Shape[] {
  const widths: readonly Width[] = form.sized ? (form.description.default64 ? (form.description.ends ? [8] : [2, 8]) : [2, 4, 8]) : [4];
  const hasRm = form.operands.some(({ source }) => ['rm', 'xmm-rm', 'mmx-rm'].includes(source));
  const memoryOnly = form.operands.some((spec) => spec.memoryOnly);
  const registerOnly = form.operands.some((spec) => spec.registerOnly);
  const memories: readonly Shape['memory'][] = form.operands.some(({ source }) => source === 'moffs')
    ? ['full']
    : !hasRm
      ? ['none']
      : ([
          ...(memoryOnly ? [] : ['none']),
          ...(registerOnly ? [] : form.description.compact ? ['full'] : ['simple', 'full']),
        ] as Shape['memory'][]);
  const conditions = form.conditional ? Array.from({ length: 16 }, (_, i) => i) : [0];
  const repeats: readonly Shape['repeat'][] = form.description.repeatable ? [0, 1, 2] : [0];
  return widths.flatMap((operandSize) =>
    memories.flatMap((memory) =>
      conditions.flatMap((conditionCode) =>
        repeats.map((repeat) => ({ operandSize, stringWidth: form.stringWidth === 'b' ? 1 : operandSize, conditionCode, repeat, memory })),
      ),
    ),
  );
}

function place(t: HandlerEmitter, spec: OperandSpec, shape: Shape): AnyPlace {
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
      return t.immediate(width) as AnyPlace;
  }
}

/** @param hot how often a branch is taken before `enter` answers EXIT.hot for it; 0: never */
export function buildHandlers(memoryPages: number, hot: number): HandlerModule {
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
  table[PSEUDO.undefined] = shared(handlerType, [], (code) => {
    storeConst(code, CONTEXT.exitVector, 6);
    storeConst(code, CONTEXT.exitError, -1);
    leaveAt(code, EXIT.exception);
  });

  const slots = new Map<number, number>();
  for (const form of forms()) {
    for (const shape of shapesOf(form)) {
      const t = new HandlerEmitter(helpers, shape);
      form.description.translate(t, ...form.operands.map((spec) => place(t, spec, shape)));
      t.finish();
      const index = module.reserve();
      t.code.u8(0x00); // every path has left
      module.define(index, handlerType, t.locals, t.code);
      slots.set(shapeKey(form, shape), table.push(index) - 1);
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
    bytes: module.encode(memoryPages, table),
    slots: table.length,
    slot(form, shape) {
      const slot = slots.get(shapeKey(form, shape));
      if (slot === undefined) throw new Error(`no handler for ${form.text} ${JSON.stringify(shape)}`);
      return slot;
    },
  };
}
