/**
 * String instructions (SDM vol. 2). A REP iteration is one step: it counts as one retired instruction, and rip stays at the
 * instruction until the last one, so that faults and interrupts in the middle find rcx, rsi and rdi as hardware leaves them.
 */
import { SEGMENT, type Emitter, type Place, type Value, type Width } from './emitter.ts';
import { instruction, type Description } from './instruction.ts';

const sizes = (byte: string, word: string): string[] => [`${byte} b`, `${word} v`];

function step(t: Emitter, register: 'rsi' | 'rdi', width: Width): void {
  const place = t.indexRegister(register);
  const by = (bytes: number): ReturnType<Emitter['constant']> => t.constant(place.width, BigInt(bytes));
  place.write(t.cut(place.width, t.add(place.read(), t.select(t.direction(), by(-width), by(width)))));
}

function at(t: Emitter, register: 'rsi' | 'rdi', width: Width): Place {
  const offset = t.toWidth(8, t.indexRegister(register).read());
  return t.memory(register === 'rsi' ? t.sourceAddress(offset, width) : t.address(SEGMENT.es, offset, width), width);
}

/** Runs `body` once, or rcx times; `whileZf` for CMPS and SCAS. */
function repeated(body: (t: Emitter, width: Width) => void, compares: boolean): Description['translate'] {
  return (t) => {
    const width = t.stringWidth;
    if (t.repeat === 0) return body(t, width);
    const rcx = t.indexRegister('rcx');
    const zero = t.constant(rcx.width, 0n);
    t.if(t.ne(rcx.read(), zero), () => {
      body(t, width);
      const left = t.let(t.cut(rcx.width, t.sub(rcx.read(), t.constant(rcx.width, 1n))));
      rcx.write(left);
      const more = t.ne(left, zero);
      t.if(compares ? t.and(more, t.condition(t.repeat === 1 ? 4 : 5)) : more, () => t.again());
    });
  };
}

const compare = (t: Emitter, width: Width, a: Value, b: Value): void => t.flagsCompare(width, a, b, t.let(t.cut(width, t.sub(a, b))));

export const string: readonly Description[] = [
  instruction('movs', {
    forms: sizes('a4', 'a5'),
    repeatable: true,
    addressed: true,
    translate: repeated((t, width) => {
      at(t, 'rdi', width).write(at(t, 'rsi', width).read());
      step(t, 'rsi', width);
      step(t, 'rdi', width);
    }, false),
  }),
  instruction('stos', {
    forms: sizes('aa', 'ab'),
    repeatable: true,
    addressed: true,
    translate: repeated((t, width) => {
      at(t, 'rdi', width).write(t.gpr('rax', width).read());
      step(t, 'rdi', width);
    }, false),
  }),
  instruction('lods', {
    forms: sizes('ac', 'ad'),
    repeatable: true,
    addressed: true,
    translate: repeated((t, width) => {
      t.gpr('rax', width).write(at(t, 'rsi', width).read());
      step(t, 'rsi', width);
    }, false),
  }),
  instruction('cmps', {
    forms: sizes('a6', 'a7'),
    repeatable: true,
    addressed: true,
    translate: repeated((t, width) => {
      const a = at(t, 'rsi', width).read();
      const b = at(t, 'rdi', width).read();
      step(t, 'rsi', width);
      step(t, 'rdi', width);
      compare(t, width, a, b);
    }, true),
  }),
  instruction('scas', {
    forms: sizes('ae', 'af'),
    repeatable: true,
    addressed: true,
    translate: repeated((t, width) => {
      const b = at(t, 'rdi', width).read();
      step(t, 'rdi', width);
      compare(t, width, t.gpr('rax', width).read(), b);
    }, true),
  }),
];
