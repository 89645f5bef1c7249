/** Binary floating-point formats (IEEE 754; SDM vol. 1, 4.2) and their parts. */

export interface Format {
  /** Bits of the significand, the integer bit included. */
  readonly precision: number;
  readonly exponentBits: number;
  /** The integer bit is stored: x87's format, which therefore has encodings that mean nothing. */
  readonly explicit: boolean;
  readonly bias: number;
  /** Exponent of the last bit of the least numbers. */
  readonly lowest: number;
  /** Stored bits of the significand, and masks, ready for use. */
  readonly stored: bigint;
  readonly fractionMask: bigint;
  readonly integerBit: bigint;
  readonly highestExponent: number;
  readonly signAt: bigint;
}
function format(precision: number, exponentBits: number, explicit: boolean): Format {
  const bias = 2 ** (exponentBits - 1) - 1;
  const stored = BigInt(explicit ? precision : precision - 1);
  return {
    precision,
    exponentBits,
    explicit,
    bias,
    lowest: 2 - bias - precision,
    stored,
    fractionMask: (1n << stored) - 1n,
    integerBit: 1n << BigInt(precision - 1),
    highestExponent: 2 ** exponentBits - 1,
    signAt: stored + BigInt(exponentBits),
  };
}
export const SINGLE: Format = format(24, 8, false);
export const DOUBLE: Format = format(53, 11, false);
export const EXTENDED: Format = format(64, 15, true);

/** A number taken apart. Finite: significand × 2^exponent. NaN: the significand as x87 would hold it, the integer bit at bit 63. */
export interface Unpacked {
  readonly kind: 'zero' | 'finite' | 'infinite' | 'quiet' | 'signaling' | 'unsupported';
  readonly negative: boolean;
  readonly significand: bigint;
  readonly exponent: number;
  /** Below the format's normal range (or a pseudo-denormal): raises DE. */
  readonly denormal: boolean;
}

const INTEGER_BIT = 1n << 63n;
const QUIET_BIT = 1n << 62n;

export const zero = (negative: boolean): Unpacked => ({ kind: 'zero', negative, significand: 0n, exponent: 0, denormal: false });
export const infinity = (negative: boolean): Unpacked => ({
  kind: 'infinite',
  negative,
  significand: INTEGER_BIT,
  exponent: 0,
  denormal: false,
});
export const finite = (negative: boolean, significand: bigint, exponent: number): Unpacked => ({
  kind: significand === 0n ? 'zero' : 'finite',
  negative,
  significand,
  exponent,
  denormal: false,
});
/** The NaN of an invalid operation: "real indefinite". */
export const INDEFINITE: Unpacked = {
  kind: 'quiet',
  negative: true,
  significand: INTEGER_BIT | QUIET_BIT,
  exponent: 0,
  denormal: false,
};

export const isNaN = ({ kind }: Unpacked): boolean => kind === 'quiet' || kind === 'signaling';
export const quieted = (value: Unpacked): Unpacked => ({ ...value, kind: 'quiet', significand: value.significand | QUIET_BIT });

export function unpack(format: Format, bits: bigint): Unpacked {
  const fraction = bits & format.fractionMask;
  const signExponent = Number(bits >> format.stored);
  const exponentField = signExponent & format.highestExponent;
  const negative = signExponent > format.highestExponent;
  const { integerBit, lowest } = format;
  if (exponentField === 0) {
    if (fraction === 0n) return zero(negative);
    return { kind: 'finite', negative, significand: fraction, exponent: lowest, denormal: true };
  }
  if (format.explicit && fraction < integerBit) return { ...INDEFINITE, kind: 'unsupported' };
  if (exponentField === format.highestExponent) {
    const payload = format.explicit ? fraction - integerBit : fraction;
    if (payload === 0n) return infinity(negative);
    const significand = INTEGER_BIT | (payload << BigInt(64 - format.precision));
    return { kind: significand & QUIET_BIT ? 'quiet' : 'signaling', negative, significand, exponent: 0, denormal: false };
  }
  const significand = format.explicit ? fraction : fraction | integerBit;
  return { kind: 'finite', negative, significand, exponent: lowest + exponentField - 1, denormal: false };
}

/** Puts a value together that fits: rounding has been done. */
export function pack(format: Format, value: Unpacked): bigint {
  const { stored, integerBit, fractionMask, lowest } = format;
  const sign = value.negative ? 1n << format.signAt : 0n;
  switch (value.kind) {
    case 'zero':
      return sign;
    case 'infinite':
      return sign | (BigInt(format.highestExponent) << stored) | (integerBit & fractionMask);
    case 'finite': {
      // Left-aligned within the precision, or at the least exponent.
      let { significand, exponent } = value;
      const shift = Math.min(format.precision - bitLength(significand), exponent - lowest);
      if (shift !== 0) significand = shift > 0 ? significand << BigInt(shift) : significand >> BigInt(-shift);
      exponent -= shift;
      const field = significand >= integerBit ? BigInt(exponent - lowest + 1) : 0n;
      return sign | (field << stored) | (significand & fractionMask);
    }
    default: {
      const significand = value.significand >> BigInt(64 - format.precision);
      return sign | (BigInt(format.highestExponent) << stored) | (significand & fractionMask);
    }
  }
}

const WORD = 1n << 32n;
const TWO_WORDS = 1n << 64n;
export function bitLength(value: bigint): number {
  if (value < WORD) return 32 - Math.clz32(Number(value));
  if (value < TWO_WORDS) return 64 - Math.clz32(Number(value >> 32n));
  if (value >> 64n < TWO_WORDS) return 64 + bitLength(value >> 64n);
  const digits = value.toString(16);
  return digits.length * 4 - Math.clz32(Number.parseInt(digits[0]!, 16)) + 28;
}
