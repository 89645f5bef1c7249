/** What the manual leaves undefined, and what is therefore not compared: flags and, rarely, results. */
import type { Case } from './cases.ts';
import type { State } from './state.ts';

const [CF, PF, AF, ZF, SF, DF, OF] = [1, 4, 0x10, 0x40, 0x80, 0x400, 0x800];
const COMPARED = CF | PF | AF | ZF | SF | DF | OF;

/** Of the case at hand: the count as it is masked, and the width in bits. */
interface Counted {
  readonly count: number;
  readonly bits: number;
}
interface UndefinedFlags {
  readonly names: string;
  /** Intel's manual, volume 2: the instruction's page, section "Flags Affected". */
  readonly manual: string;
  readonly flags: number | ((counted: Counted) => number);
}

const UNDEFINED_FLAGS: readonly UndefinedFlags[] = [
  { names: 'and or xor test', manual: 'AND, OR, XOR, TEST: the state of AF is undefined', flags: AF },
  { names: 'daa das', manual: 'DAA, DAS: OF is undefined', flags: OF },
  { names: 'aaa aas', manual: 'AAA, AAS: OF, SF, ZF and PF are undefined', flags: OF | SF | ZF | PF },
  { names: 'aam aad', manual: 'AAM, AAD: OF, AF and CF are undefined', flags: OF | AF | CF },
  { names: 'mul imul', manual: 'MUL, IMUL: SF, ZF, AF and PF are undefined', flags: SF | ZF | AF | PF },
  { names: 'div idiv', manual: 'DIV, IDIV: CF, OF, SF, ZF, AF and PF are undefined', flags: CF | OF | SF | ZF | AF | PF },
  { names: 'bt bts btr btc', manual: 'BT and its like: OF, SF, AF and PF are undefined, ZF is unaffected', flags: OF | SF | AF | PF },
  { names: 'bsf bsr', manual: 'BSF, BSR: CF, OF, SF, AF and PF are undefined', flags: CF | OF | SF | AF | PF },
  {
    names: 'rol ror rcl rcr',
    manual: 'RCL/RCR/ROL/ROR: OF is defined for 1-bit rotates only; a masked count of 0 affects no flag',
    flags: ({ count }) => (count <= 1 ? 0 : OF),
  },
  {
    names: 'shl shr',
    manual:
      'SAL/SAR/SHL/SHR: OF is defined for 1-bit shifts only, AF undefined for a count other than 0, CF where the count reaches the width',
    flags: ({ count, bits }) => (count === 0 ? 0 : AF | (count === 1 ? 0 : OF) | (count >= bits ? CF : 0)),
  },
  {
    names: 'sar',
    manual: 'SAL/SAR/SHL/SHR: the same, but of SAR CF is always the last bit shifted out',
    flags: ({ count }) => (count === 0 ? 0 : AF | (count === 1 ? 0 : OF)),
  },
  {
    names: 'shld shrd',
    manual: 'SHLD, SHRD: OF is defined for 1-bit shifts only, AF undefined; with a count above the width all are',
    flags: ({ count, bits }) => (count === 0 ? 0 : count > bits ? CF | PF | AF | ZF | SF | OF : AF | (count === 1 ? 0 : OF)),
  },
];
const BY_NAME: ReadonlyMap<string, UndefinedFlags> = new Map(
  UNDEFINED_FLAGS.flatMap((row) => row.names.split(' ').map((name) => [name, row])),
);

function countedOf({ form, code, operandSize }: Case, state: State): Counted {
  const width = form.operands[0]?.size === 1 ? 1 : operandSize;
  const source = form.operands.at(-1)?.source;
  const raw = source === 'one' ? 1 : source === 'fixed' ? Number(state.regs[1]! & 0xffn) : code.at(-1)!;
  return { count: raw & (width === 8 ? 63 : 31), bits: 8 * width };
}

/** The flags of the outcome that the manual defines. */
export function countedFlags(testCase: Case, state: State): number {
  const row = BY_NAME.get(testCase.form.description.name);
  if (!row) return COMPARED;
  return COMPARED & ~(typeof row.flags === 'number' ? row.flags : row.flags(countedOf(testCase, state)));
}

/** BSWAP of 16 bits (its page: "the result is undefined"), SHLD and SHRD by more than the width (theirs: the same). */
export function undefinedResult(testCase: Case, state: State): boolean {
  switch (testCase.form.description.name) {
    case 'bswap':
      return testCase.operandSize === 2;
    case 'shld':
    case 'shrd': {
      const { count, bits } = countedOf(testCase, state);
      return count > bits;
    }
    default:
      return false;
  }
}
