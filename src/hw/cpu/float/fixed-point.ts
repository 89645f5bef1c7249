/** Elementary functions on integers that stand for multiples of 2^-POINT. */

/** Twice the longest significand, the deepest cancellation (an argument next to a multiple of pi), and a margin. */
export const POINT = 320;
const BITS = BigInt(POINT);
const ONE = 1n << BITS;

const multiply = (a: bigint, b: bigint): bigint => (a * b) >> BITS;

function lazily(make: () => bigint): () => bigint {
  let value: bigint | null = null;
  return () => (value ??= make());
}

/** artanh(1 / n) or, with alternating signs, arctan(1 / n). */
function inverseSeries(n: bigint, alternating: boolean, bits: bigint): bigint {
  let sum = 0n;
  let power = (1n << bits) / n;
  for (let k = 1n; power !== 0n; k += 2n, power /= n * n) sum += (alternating && (k & 2n) !== 0n ? -power : power) / k;
  return sum;
}
/** Guard bits of the constants. */
const EXTRA = 32n;
export const LN2: () => bigint = lazily(() => {
  const bits = BITS + EXTRA;
  return (18n * inverseSeries(26n, false, bits) - 2n * inverseSeries(4801n, false, bits) + 8n * inverseSeries(8749n, false, bits)) >> EXTRA;
});
/** Machin's formula. */
export const PI: () => bigint = lazily(() => {
  const bits = BITS + EXTRA;
  return (16n * inverseSeries(5n, true, bits) - 4n * inverseSeries(239n, true, bits)) >> EXTRA;
});
/** What x87 units subtract from large angles: pi cut to 66 bits (SDM vol. 1, 8.3.8). */
const SHORT_PI: bigint = 0xc90fdaa22168c234cn << (BITS - 66n);

/** e^x - 1 for small x. */
export function exponentialMinusOne(x: bigint): bigint {
  let sum = 0n;
  let term = x;
  for (let k = 2n; term !== 0n && term !== -1n; k++) {
    sum += term;
    term = multiply(term, x) / k;
  }
  return sum;
}

/** Natural logarithm of a positive number: brought next to one, then 2 artanh((x - 1) / (x + 1)). */
export function logarithm(x: bigint): bigint {
  let value = x;
  let halvings = 0n;
  while (value > (ONE * 3n) >> 1n) {
    value >>= 1n;
    halvings++;
  }
  while (value < (ONE * 3n) >> 2n) {
    value <<= 1n;
    halvings--;
  }
  const z = ((value - ONE) << BITS) / (value + ONE);
  const square = multiply(z, z);
  let sum = 0n;
  let power = z;
  for (let k = 1n; power !== 0n && power !== -1n; k += 2n) {
    sum += power / k;
    power = multiply(power, square);
  }
  return 2n * sum + halvings * LN2();
}

/** Reduced by multiples of pi / 2, then their series. */
export function sineAndCosine(x: bigint): [sine: bigint, cosine: bigint] {
  const quarter = SHORT_PI >> 1n;
  const shifted = 2n * x + quarter;
  const quarters = shifted / (2n * quarter) - (shifted < 0n && shifted % (2n * quarter) !== 0n ? 1n : 0n);
  const rest = x - quarters * quarter;
  const square = multiply(rest, rest);
  const series = (first: bigint, start: bigint): bigint => {
    let sum = 0n;
    let term = first;
    for (let k = start; term !== 0n && term !== -1n; k += 2n) {
      sum += term;
      term = -multiply(term, square) / (k * (k + 1n));
    }
    return sum;
  };
  const sine = series(rest, 2n);
  const cosine = series(ONE, 1n);
  switch (quarters & 3n) {
    case 0n:
      return [sine, cosine];
    case 1n:
      return [cosine, -sine];
    case 2n:
      return [-sine, -cosine];
    default:
      return [-cosine, sine];
  }
}

/** Angle of (adjacent, opposite), both positive, at most one of them zero. */
export function arcTangent(opposite: bigint, adjacent: bigint): bigint {
  if (opposite > adjacent) return (PI() >> 1n) - arcTangent(adjacent, opposite);
  let tangent = (opposite << BITS) / adjacent;
  const HALVINGS = 3n;
  for (let i = 0n; i < HALVINGS; i++) tangent = (tangent << BITS) / (ONE + squareRoot(ONE + multiply(tangent, tangent)));
  const square = multiply(tangent, tangent);
  let sum = 0n;
  let power = tangent;
  for (let k = 1n; power !== 0n && power !== -1n; k += 2n, power = -multiply(power, square)) sum += power / k;
  return sum << HALVINGS;
}
function squareRoot(value: bigint): bigint {
  const radicand = value << BITS;
  let root = ONE << 1n; // above it: the values are below 2
  for (;;) {
    const next = (root + radicand / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
