/** A condition behind a comparison looks at the operands, not at flags: every condition, operation and width, on both engines. */
import { expect, test } from 'vitest';
import { Bench, CODE, DATA } from './harness.ts';

const [RAX, RBX, RDI] = [0, 3, 7];
/** Opcodes of "op Eb,Gb"; one more is the wider form. */
const OPERATIONS = { add: 0x00, or: 0x08, and: 0x20, sub: 0x28, xor: 0x30, cmp: 0x38, test: 0x84 };
const WIDTHS = { byte: [], word: [0x66], dword: [], qword: [0x48] };
const EDGES = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  1n << 63n,
  (1n << 63n) - 1n,
  (1n << 64n) - 1n,
];

const benches = [new Bench(null), new Bench(1)] as const;

test.each(
  Object.entries(OPERATIONS).flatMap(([name, opcode]) =>
    Object.entries(WIDTHS).map(([width, prefix]) => [name, width, [...prefix, opcode + (width === 'byte' ? 0 : 1), 0xd8]] as const),
  ),
)('all conditions after %s of a %s', (_name, _width, operation) => {
  // op rax, rbx; setcc [rdi + condition]…; back to the start
  const stores = Array.from({ length: 16 }, (_, condition) => [0x0f, 0x90 + condition, 0x47, condition]).flat();
  const body = [...operation, ...stores];
  const code = [...body, 0xeb, -(body.length + 2) & 0xff];
  const seen = benches.map((bench) => {
    bench.write(CODE, code);
    bench.cpu.dropCode(Number(CODE >> 12n));
    // Hot before it counts.
    bench.context.setGpr(RDI, DATA);
    bench.context.rip = CODE;
    for (let i = 0; i < 3; i++) bench.go(40);
    return EDGES.flatMap((a) =>
      EDGES.map((b) => {
        bench.context.setGpr(RAX, a);
        bench.context.setGpr(RBX, b);
        bench.context.setGpr(RDI, DATA);
        bench.context.rip = CODE;
        bench.go(18);
        return `${a.toString(16)} ${b.toString(16)}: ${bench.read(DATA, 16).join('')} ${bench.flags}`;
      }),
    );
  });
  expect(benches[1].machine.translation!.regions).toBeGreaterThan(0);
  expect(seen[1]).toEqual(seen[0]);
});
