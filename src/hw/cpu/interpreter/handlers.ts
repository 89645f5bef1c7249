/** Builds the interpreter: all handlers and the shared routines, as one wasm module. */
import type { Width } from '../isa/emitter.ts';
import type { AnyPlace } from '../isa/instruction.ts';
import { FORMS, isSized, type Form, type OperandSpec } from '../decode/table.ts';
import { FLOAT_SIGNATURES } from '../float/helpers.ts';
import { CONTEXT, EXIT, JUMPS, UOP } from '../layout.ts';
import { Bytes } from '../wasm/bytes.ts';
import { I32, I64, ModuleWriter, type ValueType } from '../wasm/module.ts';
import { HandlerEmitter, type Helpers, type Shape } from './handler-emitter.ts';

/** What the engine must offer to the module: imports by name. */
const IMPORTS: Readonly<Record<string, readonly [readonly ValueType[], readonly ValueType[]]>> = {
  slowRead: [[I32, I32, I32, I32, I32], [I32]],
  slowWrite: [[I32, I32, I32, I32, I32], [I32]],
  finishWrite: [[I32], [I32]],
  readFlags: [[I32], [I32]],
  writeFlags: [[I32, I32, I32], []],
  cpuid: [[I32], []],
  tsc: [[I32, I32], [I64]],
  divideSigned: [[I32, I64], [I32]],
  divideUnsigned: [[I32, I64], [I32]],
  descriptor: [[I32, I32], [I64]],
  interruptReturn: [[I32, I32, I32], [I32]],
  loadSegment: [[I32, I32, I32], [I32]],
  guardHolds: [[I32, I32], [I32]],
  ...FLOAT_SIGNATURES,
};

/** Slots of the pseudo micro-ops, which are no instructions and retire nothing. */
export const PSEUDO = { stale: 0, goto: 1, guard: 2, undefined: 3 } as const;

export interface HandlerModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly slots: number;
  /** Table slot of a form's handler. */
  slot(form: Form, shape: Shape): number;
}

export function shapeKey(form: Form, shape: Shape): string {
  return `${form.index}/${isSized(form) ? shape.operandSize : ''}/${form.description.compact && shape.memory === 'simple' ? 'full' : shape.memory}/${form.conditional ? shape.conditionCode : ''}/${form.description.repeatable ? shape.repeat : ''}`;
}

function shapesOf(form: Form): Shape[] {
  const widths: readonly Width[] = isSized(form) ? (form.description.default64 ? (form.description.ends ? [8] : [2, 8]) : [2, 4, 8]) : [4];
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

export function buildHandlers(memoryPages: number): HandlerModule {
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
  const near = shared(handlerType, [I32], (code) => nearJump(code, handlerType, budget));
  const jump = shared(module.type([I32, I64, I32], [I32]), [I32], (code) => farJump(code, handlerType));
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
  table[PSEUDO.goto] = shared(handlerType, [I32], (code) => gotoPseudo(code, handlerType));
  table[PSEUDO.guard] = shared(handlerType, [], (code) => guardPseudo(code, handlerType, named.guardHolds!));
  table[PSEUDO.undefined] = shared(handlerType, [], (code) => {
    storeConst(code, CONTEXT.exitVector, 6);
    storeConst(code, CONTEXT.exitError, -1);
    leaveAt(code, EXIT.exception);
  });

  const slots = new Map<string, number>();
  for (const form of FORMS) {
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
  const enter = shared(handlerType, [], (code) => dispatch(code, handlerType, 1));
  module.export('enter', enter);
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

// Shared routines, by hand. Locals: 0 cpu, 1 uop (or target), 2 left, 3 scratch.

const get = (code: Bytes, local: number): void => code.bytes([0x20, local]);
const i32Load = (code: Bytes, offset: number): void => {
  code.bytes([0x28, 0]);
  code.u32(offset);
};
const i64Load = (code: Bytes, offset: number): void => {
  code.bytes([0x29, 0]);
  code.u32(offset);
};
const i32Store = (code: Bytes, offset: number): void => {
  code.bytes([0x36, 0]);
  code.u32(offset);
};
const i64Store = (code: Bytes, offset: number): void => {
  code.bytes([0x37, 0]);
  code.u32(offset);
};
const i32Const = (code: Bytes, value: number): void => {
  code.u8(0x41);
  code.s32(value);
};

function storeConst(code: Bytes, offset: number, value: number): void {
  get(code, 0);
  i32Const(code, value);
  i32Store(code, offset);
}

/** rip = the micro-op's, left kept, return `exit`. */
function leaveAt(code: Bytes, exit: number): void {
  get(code, 0);
  get(code, 1);
  i64Load(code, UOP.rip);
  i64Store(code, CONTEXT.rip);
  get(code, 0);
  get(code, 2);
  i32Store(code, CONTEXT.left);
  i32Const(code, exit);
  code.u8(0x0f);
}

function dispatch(code: Bytes, handlerType: number, uop: number): void {
  get(code, 0);
  get(code, uop);
  get(code, 2);
  get(code, uop);
  i32Load(code, UOP.handler);
  code.u8(0x13);
  code.u32(handlerType);
  code.u32(0);
}

/** A taken branch: to the linked micro-op, or out to have it looked up and linked. */
function nearJump(code: Bytes, handlerType: number, budget: number): void {
  get(code, 2);
  i32Const(code, 1);
  code.bytes([0x6b, 0x21, 2]); // left -= 1
  get(code, 1);
  i32Load(code, UOP.link);
  code.bytes([0x22, 3, 0x04, 0x40]); // if linked
  get(code, 2);
  code.bytes([0x45, 0x04, 0x40]); // if nothing left
  get(code, 0);
  get(code, 3);
  get(code, 2);
  code.u8(0x12);
  code.u32(budget);
  code.u8(0x0b);
  dispatch(code, handlerType, 3);
  code.u8(0x0b);
  get(code, 0);
  get(code, 1);
  i64Load(code, UOP.immediate);
  i64Store(code, CONTEXT.rip);
  get(code, 0);
  get(code, 2);
  i32Store(code, CONTEXT.left);
  get(code, 0);
  get(code, 1);
  i32Store(code, CONTEXT.linkFrom);
  i32Const(code, EXIT.lookup);
  code.u8(0x0f);
}

/** To the address in local 1 (i64), by the jump cache. */
function farJump(code: Bytes, handlerType: number): void {
  get(code, 2);
  i32Const(code, 1);
  code.bytes([0x6b, 0x21, 2]);
  get(code, 0);
  i32Load(code, CONTEXT.jumpCache);
  get(code, 1);
  code.u8(0xa7);
  i32Const(code, JUMPS.entries - 1);
  code.u8(0x71);
  i32Const(code, 4);
  code.bytes([0x74, 0x6a, 0x22, 3]);
  i64Load(code, JUMPS.va);
  get(code, 1);
  code.u8(0x51);
  get(code, 2);
  i32Const(code, 0);
  code.bytes([0x47, 0x71, 0x04, 0x40]); // hit, and instructions left
  get(code, 3);
  i32Load(code, JUMPS.uop);
  code.bytes([0x21, 3]);
  dispatch(code, handlerType, 3);
  code.u8(0x0b);
  get(code, 0);
  get(code, 1);
  i64Store(code, CONTEXT.rip);
  get(code, 0);
  get(code, 2);
  i32Store(code, CONTEXT.left);
  i32Const(code, EXIT.lookup);
  code.u8(0x0f);
}

/** End of a block that runs on: not an instruction, so nothing is counted. */
function gotoPseudo(code: Bytes, handlerType: number): void {
  get(code, 1);
  i32Load(code, UOP.link);
  code.bytes([0x22, 3, 0x04, 0x40]);
  dispatch(code, handlerType, 3);
  code.u8(0x0b);
  get(code, 0);
  get(code, 1);
  i32Store(code, CONTEXT.linkFrom);
  leaveAt(code, EXIT.lookup);
}

/** Before an instruction that lies on two pages: does the second still translate to the same frame? */
function guardPseudo(code: Bytes, handlerType: number, guardHolds: number): void {
  get(code, 0);
  get(code, 1);
  code.u8(0x10);
  code.u32(guardHolds);
  code.bytes([0x04, 0x40]);
  get(code, 1);
  i32Const(code, UOP.bytes);
  code.bytes([0x6a, 0x21, 1]);
  dispatch(code, handlerType, 1);
  code.u8(0x0b);
  leaveAt(code, EXIT.guard);
}

function swap32(code: Bytes): void {
  // ((x rotl 8) & 00ff00ff) | ((x rotr 8) & ff00ff00)
  get(code, 1);
  i32Const(code, 8);
  code.u8(0x77);
  i32Const(code, 0x00ff00ff);
  code.u8(0x71);
  get(code, 1);
  i32Const(code, 8);
  code.u8(0x78);
  i32Const(code, 0xff00ff00 | 0);
  code.bytes([0x71, 0x72]);
}

function swap64(code: Bytes): void {
  const half = (wrapHigh: boolean): void => {
    get(code, 1);
    if (wrapHigh) code.bytes([0x42, 32, 0x88]);
    code.u8(0xa7);
  };
  const swapped = (wrapHigh: boolean): void => {
    half(wrapHigh);
    i32Const(code, 8);
    code.u8(0x77);
    i32Const(code, 0x00ff00ff);
    code.u8(0x71);
    half(wrapHigh);
    i32Const(code, 8);
    code.u8(0x78);
    i32Const(code, 0xff00ff00 | 0);
    code.bytes([0x71, 0x72, 0xad]);
  };
  swapped(false);
  code.bytes([0x42, 32, 0x86]);
  swapped(true);
  code.u8(0x84);
}
