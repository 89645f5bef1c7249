/**
 * A function body as text, for people to read: one instruction a line, indented by its blocks. Locals are numbered as they are; what is loaded from the
 * context, which local 0 points to, is named.
 */
import { CONTEXT } from '../../../../src/hw/cpu/layout.ts';
import { OPCODES } from '../../../../src/hw/cpu/wasm/opcodes.ts';

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(OPCODES).map(([name, code]) => [code, name]));
const CONTROL: Readonly<Record<number, string>> = {
  0x00: 'unreachable',
  0x02: 'block',
  0x03: 'loop',
  0x04: 'if',
  0x05: 'else',
  0x0b: 'end',
  0x0c: 'br',
  0x0f: 'return',
  0x10: 'call',
  0x12: 'return_call',
  0x13: 'return_call_indirect',
  0x20: 'local.get',
  0x21: 'local.set',
  0x22: 'local.tee',
  0x41: 'i32.const',
  0x42: 'i64.const',
};
const MEMORY =
  'i32.load i64.load f32.load f64.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u i64.load8_s i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u i32.store i64.store f32.store f64.store i32.store8 i32.store16 i64.store8 i64.store16 i64.store32'.split(
    ' ',
  );
const FIRST_MEMORY = 0x28;
const VECTOR_MEMORY: Readonly<Record<number, string>> = {
  0x00: 'v128.load',
  0x0b: 'v128.store',
  0x5a: 'v128.store32_lane',
  0x5b: 'v128.store64_lane',
  0x5c: 'v128.load32_zero',
  0x5d: 'v128.load64_zero',
};

const REGISTERS = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'];
/** Names of the context's fields by offset. */
const FIELDS: ReadonlyMap<number, string> = new Map([
  ...Object.entries(CONTEXT).map(([name, offset]): [number, string] => [offset, name]),
  ...REGISTERS.map((name, i): [number, string] => [CONTEXT.gpr + 8 * i, name]),
  ...Array.from({ length: 16 }, (_, i): [number, string] => [CONTEXT.fxsave + 160 + 16 * i, `xmm${i}`]),
]);

const DROP = 0x1a;
/** What `wasmText` shows as a remark: a constant that is dropped. */
export const remark = (number: number): number[] => [0x41, 0x80 | (number & 0x7f), (number >> 7) & 0x3f, DROP];

/**
 * @param functions names of the functions by index
 * @param remarks texts of the remarks
 */
export function wasmText(code: Uint8Array, functions: readonly string[], remarks: readonly string[]): string {
  let at = 0;
  const lines: string[] = [];
  const leb = (signed: boolean): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = code[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte & 0x80) continue;
      return signed && byte & 0x40 ? value - (1n << (shift + 7n)) : value;
    }
  };
  const bytes = (count: number): string => Buffer.from(code.subarray(at, (at += count))).toString('hex');
  const offset = (): string => {
    leb(false); // the alignment says nothing
    const value = Number(leb(false));
    const last = lines.at(-1)?.trim();
    const field =
      last === 'local.get 0' || (lines.at(-2)?.trim() === 'local.get 0' && /^(local.get|i32.const)/.test(last ?? ''))
        ? FIELDS.get(value)
        : undefined;
    return `+${value}${field ? ` ;; ${field}` : ''}`;
  };
  const vector = (): string => {
    const op = Number(leb(false));
    const memory = VECTOR_MEMORY[op];
    if (memory) return `${memory} ${offset()}${memory.endsWith('lane') ? ` lane ${leb(false)}` : ''}`;
    const name = op === 0x0c ? 'v128.const' : op === 0x0d ? 'i8x16.shuffle' : (NAMES.get(0xfd00 + op) ?? `simd 0x${op.toString(16)}`);
    if (op === 0x0c || op === 0x0d) return `${name} ${bytes(16)}`;
    return op >= 0x15 && op <= 0x22 ? `${name} ${leb(false)}` : name;
  };
  let depth = 0;
  while (at < code.length) {
    const op = code[at++]!;
    const put = (text: string): void => void lines.push('  '.repeat(depth) + text);
    if (op === 0x05 || op === 0x0b) depth--;
    if (op >= FIRST_MEMORY && op < FIRST_MEMORY + MEMORY.length) put(`${MEMORY[op - FIRST_MEMORY]!} ${offset()}`);
    else if (op === 0xfd) put(vector());
    else if (op === 0x02 || op === 0x03 || op === 0x04) {
      put(CONTROL[op]!);
      at++;
    } else if (op === 0x10 || op === 0x12) put(`${CONTROL[op]!} ${functions[Number(leb(false))]!}`);
    else if (op === 0x13) {
      leb(false);
      leb(false);
      put(CONTROL[op]!);
    } else if (op === 0x0c || (op >= 0x20 && op <= 0x22)) put(`${CONTROL[op]!} ${leb(false)}`);
    else if (op === 0x41 && code[at + 2] === DROP && code[at]! >= 0x80) {
      put(`;; ${remarks[Number(leb(true))]!}`);
      at++;
    } else if (op === 0x41 || op === 0x42) put(`${CONTROL[op]!} ${leb(true)}`);
    else if (op === 0x43 || op === 0x44) put(`${op === 0x43 ? 'f32' : 'f64'}.const ${bytes(op === 0x43 ? 4 : 8)}`);
    else put(CONTROL[op] ?? NAMES.get(op) ?? `0x${op.toString(16)}`);
    if (op === 0x02 || op === 0x03 || op === 0x04 || op === 0x05) depth++;
  }
  return lines.join('\n');
}
