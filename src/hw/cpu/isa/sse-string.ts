/** The text instructions of SSE4.2, and CRC32 (SDM vol. 2): called, not inlined. */
import type { Emitter, Value } from './emitter.ts';
import { instruction, type Description } from './instruction.ts';
import { sse, xmm0Place, type Translate } from './vector.ts';

/** Writes the flags that the helper answers at their places in EFLAGS. */
function writeFlags(t: Emitter, flags: Value): void {
  const bit = (n: number): Value => t.and(t.shrU(flags, t.i32(n)), t.i32(1));
  t.writeFlag('c', bit(0));
  t.writeFlag('z', t.extendU(t.xor(bit(6), t.i32(1))));
  t.writeFlag('s', t.sub(t.i64(0n), t.extendU(bit(7))));
  t.writeFlag('o', t.shl(bit(11), t.i32(31)));
  t.writeFlag('p', t.i32(1));
  t.writeFlag('a', t.i32(0));
}

/** Lengths are explicit (in eax and edx, or rax and rdx) or up to the first null; the result is an index in ecx or a mask in xmm0. */
const compareStrings =
  (explicit: boolean, mask: boolean): Translate =>
  (t, left, right, immediate) => {
    const b = right!.read(); // the only 16-byte operands that need not be aligned
    t.scratch(0, 'v128').write(left!.read());
    t.scratch(1, 'v128').write(b);
    const wide = t.operandSize === 8;
    const length = (register: 'rax' | 'rdx'): Value =>
      !explicit ? t.i64(-1n) : wide ? t.gpr(register, 8).read() : t.extendS(t.gpr(register, 4).read());
    const kind = t.or(immediate!.read(), t.i32((explicit ? 0x100 : 0) | (mask ? 0x200 : 0)));
    const answer = t.let(t.call('compareStrings', 'i32', kind, length('rax'), length('rdx')));
    if (mask) xmm0Place(t).write(t.scratch(2, 'v128').read());
    else t.gpr('rcx', 4).write(t.shrU(answer, t.i32(16)));
    writeFlags(t, answer);
  };

export const sseStrings: readonly Description[] = [
  sse('pcmpestrm', ['66 0f 3a 60 /r Vx,Wx,Ib'], compareStrings(true, true), { sized: true }),
  sse('pcmpestri', ['66 0f 3a 61 /r Vx,Wx,Ib'], compareStrings(true, false), { sized: true }),
  sse('pcmpistrm', ['66 0f 3a 62 /r Vx,Wx,Ib'], compareStrings(false, true)),
  sse('pcmpistri', ['66 0f 3a 63 /r Vx,Wx,Ib'], compareStrings(false, false)),
  instruction('crc32', {
    forms: ['F2 0f 38 f0 /r Gy,Eb', 'F2 0f 38 f1 /r Gy,Ev'],
    compact: true,
    translate(t, dst, src) {
      const value = src!.read();
      const sum = t.call('crc32', 'i32', t.wrap(dst!.read()), t.extendU(value), t.i32(src!.width));
      dst!.write(dst!.width === 8 ? t.extendU(sum) : sum);
    },
  }),
];
