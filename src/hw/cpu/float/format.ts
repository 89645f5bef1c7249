/** Binary floating-point formats (IEEE 754; SDM vol. 1, 4.2) and their parts. */

export interface Format {
  /** Bits of the significand, the integer bit included. */
  readonly precision: number;
  readonly exponentBits: number;
  /** The integer bit is stored: x87's format, which therefore has encodings that mean nothing. */
  readonly explicit: boolean;
}
export const SINGLE: Format = { precision: 24, exponentBits: 8, explicit: false };
export const DOUBLE: Format = { precision: 53, exponentBits: 11, explicit: false };
export const EXTENDED: Format = { precision: 64, exponentBits: 15, explicit: true };

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

export const bias = (format: Format): number => 2 ** (format.exponentBits - 1) - 1;

/** Bits that hold the significand: with an explicit integer bit one more. */
const storedBits = (format: Format): number => (format.explicit ? format.precision : format.precision - 1);

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
  const stored = BigInt(storedBits(format));
  const exponentMask = 2 ** format.exponentBits - 1;
  const fraction = bits & ((1n << stored) - 1n);
  const exponentField = Number((bits >> stored) & BigInt(exponentMask));
  const negative = ((bits >> (stored + BigInt(format.exponentBits))) & 1n) === 1n;
  const integerBit = 1n << BigInt(format.precision - 1);
  if (exponentField === exponentMask) {
    if (format.explicit && (fraction & integerBit) === 0n) return { ...INDEFINITE, kind: 'unsupported' };
    const payload = fraction & (integerBit - 1n);
    if (payload === 0n) return infinity(negative);
    const significand = INTEGER_BIT | (payload << BigInt(64 - format.precision));
    return { kind: significand & QUIET_BIT ? 'quiet' : 'signaling', negative, significand, exponent: 0, denormal: false };
  }
  const lowest = 2 - bias(format) - format.precision;
  if (exponentField === 0) {
    if (fraction === 0n) return zero(negative);
    return { kind: 'finite', negative, significand: fraction, exponent: lowest, denormal: true };
  }
  if (format.explicit && (fraction & integerBit) === 0n) return { ...INDEFINITE, kind: 'unsupported' };
  return { kind: 'finite', negative, significand: fraction | integerBit, exponent: lowest + exponentField - 1, denormal: false };
}

/** Puts a value together that fits: rounding has been done. */
export function pack(format: Format, value: Unpacked): bigint {
  const stored = BigInt(storedBits(format));
  const integerBit = 1n << BigInt(format.precision - 1);
  const sign = value.negative ? 1n << (stored + BigInt(format.exponentBits)) : 0n;
  const highest = (1n << BigInt(format.exponentBits)) - 1n;
  const mask = format.explicit ? integerBit * 2n - 1n : integerBit - 1n;
  switch (value.kind) {
    case 'zero':
      return sign;
    case 'infinite':
      return sign | (highest << stored) | (integerBit & mask);
    case 'finite': {
      // Left-aligned within the precision, or at the least exponent.
      const lowest = 2 - bias(format) - format.precision;
      let { significand, exponent } = value;
      const shift = Math.min(format.precision - bitLength(significand), exponent - lowest);
      significand = shift >= 0 ? significand << BigInt(shift) : significand >> BigInt(-shift);
      exponent -= shift;
      const field = significand & integerBit ? BigInt(exponent - lowest + 1) : 0n;
      return sign | (field << stored) | (significand & mask);
    }
    default: {
      const significand = value.significand >> BigInt(64 - format.precision);
      return sign | (highest << stored) | (significand & mask);
    }
  }
}

export function bitLength(value: bigint): number {
  if (value < 0x1_0000_0000n) return 32 - Math.clz32(Number(value));
  if (value < 1n << 64n) return 64 - Math.clz32(Number(value >> 32n));
  return value.toString(16).length * 4 - Math.clz32(Number.parseInt(value.toString(16)[0]!, 16)) + 28;
}
