/**
 * String instructions (SDM vol. 2). A REP iteration is one step: it counts as one retired instruction, and rip stays at the
 * instruction until the last one, so that faults and interrupts in the middle find rcx, rsi and rdi as hardware leaves them.
 */
import type { Emitter, Value, Width } from './emitter.ts';
import { instruction, type Description } from './instruction.ts';

const sizes = (byte: string, word: string): string[] => [`${byte} b`, `${word} v`];

function step(t: Emitter, register: 'rsi' | 'rdi', width: Width): void {
  const place = t.gpr(register, 8);
  const forward = t.i64(BigInt(width));
  const backward = t.i64(BigInt(-width));
  place.write(t.add(place.read(), t.select(t.direction(), backward, forward)));
}

const at = (t: Emitter, register: 'rsi' | 'rdi', width: Width): Value =>
  t.memory(register === 'rsi' ? t.sourceAddress() : t.gpr('rdi', 8).read(), width).read();

/** Runs `body` once, or rcx times; `whileZf` for CMPS and SCAS. */
function repeated(body: (t: Emitter, width: Width) => void, compares: boolean): Description['translate'] {
  return (t) => {
    const width = t.stringWidth;
    if (t.repeat === 0) return body(t, width);
    const rcx = t.gpr('rcx', 8);
    t.if(t.ne(rcx.read(), t.i64(0n)), () => {
      body(t, width);
      const left = t.let(t.sub(rcx.read(), t.i64(1n)));
      rcx.write(left);
      const more = t.ne(left, t.i64(0n));
      t.if(compares ? t.and(more, t.condition(t.repeat === 1 ? 4 : 5)) : more, () => t.again());
    });
  };
}

const compare = (t: Emitter, width: Width, a: Value, b: Value): void => t.flagsCompare(width, a, b, t.let(t.cut(width, t.sub(a, b))));

export const string: readonly Description[] = [
  instruction('movs', {
    forms: sizes('a4', 'a5'),
    repeatable: true,
    translate: repeated((t, width) => {
      t.memory(t.gpr('rdi', 8).read(), width).write(at(t, 'rsi', width));
      step(t, 'rsi', width);
      step(t, 'rdi', width);
    }, false),
  }),
  instruction('stos', {
    forms: sizes('aa', 'ab'),
    repeatable: true,
    translate: repeated((t, width) => {
      t.memory(t.gpr('rdi', 8).read(), width).write(t.gpr('rax', width).read());
      step(t, 'rdi', width);
    }, false),
  }),
  instruction('lods', {
    forms: sizes('ac', 'ad'),
    repeatable: true,
    translate: repeated((t, width) => {
      t.gpr('rax', width).write(at(t, 'rsi', width));
      step(t, 'rsi', width);
    }, false),
  }),
  instruction('cmps', {
    forms: sizes('a6', 'a7'),
    repeatable: true,
    translate: repeated((t, width) => {
      const a = at(t, 'rsi', width);
      const b = at(t, 'rdi', width);
      step(t, 'rsi', width);
      step(t, 'rdi', width);
      compare(t, width, a, b);
    }, true),
  }),
  instruction('scas', {
    forms: sizes('ae', 'af'),
    repeatable: true,
    translate: repeated((t, width) => {
      const b = at(t, 'rdi', width);
      step(t, 'rdi', width);
      compare(t, width, t.gpr('rax', width).read(), b);
    }, true),
  }),
];
