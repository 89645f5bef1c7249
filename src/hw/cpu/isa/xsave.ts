/** XSAVE, its variants, and what tells of them (SDM vol. 2). */
import { CR4 } from '../control-registers.ts';
import { XSAVE } from '../float/xsave.ts';
import { CONTEXT } from '../layout.ts';
import type { Emitter, Value } from './emitter.ts';
import { instruction, type Description } from './instruction.ts';
import { sse, type Translate } from './vector.ts';

const UNDEFINED_OPCODE = 6;
const GENERAL_PROTECTION = 13;
const xcr0 = (t: Emitter): Value => t.context(CONTEXT.xcr0, 'i32', 4).read();
/** States that edx:eax asks for and XCR0 has: all of them are in eax. */
const requested = (t: Emitter): Value => t.let(t.and(t.gpr('rax', 4).read(), xcr0(t)));

/** #UD while CR4 has not this bit. */
export function needCr4(t: Emitter, bit: number): void {
  t.if(t.eqz(t.and(t.context(CONTEXT.cr4, 'i32', 4).read(), t.i32(bit))), () => t.raise(UNDEFINED_OPCODE));
}
const managing = (name: string, form: string, translate: Translate): Description => {
  const description = sse(name, [form], translate);
  return {
    ...description,
    translate(t, ...operands) {
      needCr4(t, CR4.osxsave);
      description.translate(t, ...operands);
    },
  };
};
const save = (name: string, form: string, kind: keyof typeof XSAVE): Description =>
  managing(name, form, (t, m) =>
    t.faultUnless(t.call('xsave', 'i32', t.i32(XSAVE[kind]), requested(t), m!.linear(), t.i32(t.operandSize), t.operandBase())),
  );

export const xsave: readonly Description[] = [
  save('xsave', 'NP 0f ae /4 M', 'plain'),
  save('xsaveopt', 'NP 0f ae /6 M', 'optimised'),
  save('xsavec', 'NP 0f c7 /4 M', 'compacted'),
  managing('xrstor', 'NP 0f ae /5 M', (t, m) =>
    t.faultUnless(t.call('xrstor', 'i32', requested(t), m!.linear(), t.i32(t.operandSize), t.operandBase())),
  ),
  instruction('xgetbv', {
    forms: ['NP 0f 01 d0'],
    translate(t) {
      needCr4(t, CR4.osxsave);
      const register = t.gpr('rcx', 4).read();
      t.if(t.geU(register, t.i32(2)), () => t.raise(GENERAL_PROTECTION));
      const all = t.let(xcr0(t));
      t.gpr('rax', 4).write(t.select(register, t.and(t.call('xinuse', 'i32'), all), all));
      t.gpr('rdx', 4).write(t.i32(0));
    },
  }),
];
