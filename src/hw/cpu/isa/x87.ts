/** x87 (SDM vol. 1, chapter 8): descriptions of the operations in float/x87-operations.ts, and the unit's control. */
import { ENVIRONMENT, environmentBytes } from '../float/x87-environment.ts';
import { X87, type X87Operation } from '../float/x87-operations.ts';
import { CONTEXT } from '../layout.ts';
import type { Emitter, Value } from './emitter.ts';
import type { AnyPlace, Description } from './instruction.ts';
import { mmx, reportPending, sse, type Translate } from './vector.ts';

const IMAGE = CONTEXT.fxsave;
const CONTROL = t16(0);
const STATUS = t16(2);
function t16(offset: number): (t: Emitter) => ReturnType<Emitter['context']> {
  return (t) => t.context(IMAGE + offset, 'i32', 2);
}
const TEN_BYTES = 0x3ff;

/** Opcode, instruction pointer and data pointer, for whoever handles an exception of it. */
function note(t: Emitter, opcode: Value, data: Value | null): void {
  t.context(IMAGE + 6, 'i32', 2).write(opcode);
  t.context(IMAGE + 8, 'i64', 8).write(t.rip());
  if (data) t.context(IMAGE + 16, 'i64', 8).write(data);
}

function translate(operation: X87Operation, number: number): Translate {
  const call = (t: Emitter, opcode: Value, low: Value = t.i64(0n), high: Value = t.i32(0)): void =>
    t.do(t.call('x87', null, t.i32(number), opcode, low, high));
  const answer = (t: Emitter, opcode: Value, low: Value = t.i64(0n), high: Value = t.i32(0)): Value =>
    t.let(t.call('x87Answer', 'i64', t.i32(number), opcode, low, high));
  const wide = (t: Emitter, m: AnyPlace): [low: Value, high: Value] => [
    t.memory(t.addressIn(m, 0, 8), 8, t.operandBase()).read(),
    t.memory(t.addressIn(m, 8, 2), 2, t.operandBase()).read(),
  ];
  switch (operation.kind) {
    case 'load':
      return (t, m, fop) => {
        const value = m!.read();
        const opcode = fop!.read();
        note(t, opcode, m!.offset());
        call(t, opcode, t.extendU(value));
      };
    case 'loadTen':
      return (t, m, fop) => {
        const [low, high] = wide(t, m!);
        const opcode = fop!.read();
        note(t, opcode, m!.offset());
        call(t, opcode, low, high);
      };
    case 'store':
      return (t, m, fop) => {
        const { width } = m!;
        const place = t.strictly(t.addressIn(m!, 0, width), width);
        const old = place.readToWrite();
        const opcode = fop!.read();
        note(t, opcode, m!.offset());
        place.write(t.wrapTo(width, answer(t, opcode, t.extendU(old))));
      };
    case 'storeTen':
      return (t, m, fop) => {
        t.faultUnless(t.call('writable', 'i32', t.addressIn(m!, 0, 10), t.i32(10), t.operandBase()));
        const opcode = fop!.read();
        note(t, opcode, m!.offset());
        const stored = answer(t, opcode);
        t.faultUnless(t.call('storeBytes', 'i32', t.addressIn(m!, 0, 10), t.and(t.wrap(stored), t.i32(TEN_BYTES)), t.operandBase()));
      };
    case 'condition':
      return (t, st) => {
        const opcode = st!.read();
        note(t, opcode, null);
        call(t, opcode, t.i64(0n), t.condition(operation.condition!));
      };
    case 'flags':
      return (t, st) => {
        const opcode = st!.read();
        note(t, opcode, null);
        const flags = t.let(t.wrap(answer(t, opcode)));
        t.writeFlag('z', t.extendU(t.xor(t.and(flags, t.i32(0x40)), t.i32(0x40))));
        t.writeFlag('p', t.xor(t.and(t.shrU(flags, t.i32(2)), t.i32(1)), t.i32(1)));
        t.writeFlag('c', t.and(flags, t.i32(1)));
        t.writeFlag('s', t.i64(0n));
        t.writeFlag('o', t.i32(0));
        t.writeFlag('a', t.i32(0));
      };
    case 'register':
      return (t, st) => {
        const opcode = st!.read();
        note(t, opcode, null);
        call(t, opcode);
      };
  }
}

/** Those that wait report a pending exception first. */
const waiting = (name: string, forms: readonly string[], run: Translate): Description =>
  sse(name, forms, (t, ...operands) => {
    reportPending(t);
    run(t, ...operands);
  });
const environment =
  (which: keyof typeof ENVIRONMENT): Translate =>
  (t, m) =>
    t.faultUnless(
      t.call(
        'moveEnvironment',
        'i32',
        t.i32(ENVIRONMENT[which]),
        t.addressIn(m!, 0, environmentBytes(ENVIRONMENT[which], t.operandSize)),
        t.i32(t.operandSize),
        t.operandBase(),
      ),
    );

export const x87: readonly Description[] = [
  ...X87.map((operation, number) => waiting(operation.name, operation.forms, translate(operation, number))),
  sse('fnstcw', ['d9 /7 Mw'], (t, m) => m!.write(CONTROL(t).read())),
  sse('fnstsw', ['dd /7 Mw'], (t, m) => m!.write(STATUS(t).read())),
  sse('fnstsw', ['df e0'], (t) => t.gpr('rax', 2).write(STATUS(t).read())),
  waiting('fldcw', ['d9 /5 Mw'], (t, m) => t.do(t.call('x87Control', null, m!.read()))),
  sse('fnclex', ['db e2'], (t) => STATUS(t).write(t.and(STATUS(t).read(), t.i32(0x7f00)))),
  sse('fninit', ['db e3'], (t) => t.do(t.call('x87Initialise', null))),
  // Of the 8087 and the 80287; nothing since.
  sse('fneni', ['db e0', 'db e1', 'db e4'], () => undefined),
  sse('fnstenv', ['d9 /6 M'], environment('fnstenv')),
  sse('fnsave', ['dd /6 M'], environment('fnsave')),
  waiting('fldenv', ['d9 /4 M'], environment('fldenv')),
  waiting('frstor', ['dd /4 M'], environment('frstor')),
  waiting('fwait', ['9b'], () => undefined),
  mmx('emms', ['NP 0f 77'], (t) => t.context(IMAGE + 4, 'i32', 1).write(t.i32(0))),
  sse('fxsave', ['NP 0f ae /0 M'], (t, m) =>
    t.faultUnless(t.call('fxsave', 'i32', t.addressIn(m!, 0, 512), t.i32(t.operandSize), t.operandBase())),
  ),
  sse('fxrstor', ['NP 0f ae /1 M'], (t, m) =>
    t.faultUnless(t.call('fxrstor', 'i32', t.addressIn(m!, 0, 512), t.i32(t.operandSize), t.operandBase())),
  ),
];
