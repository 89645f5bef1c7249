/**
 * One decimal as C's printf("%.1f") rounds it: a tie goes to the even digit, where toFixed goes up. A binary number is a tie only if it is
 * an odd number of quarters.
 */
export function tenths(value: number): string {
  const quarters = value * 4;
  if (!Number.isInteger(quarters) || quarters % 2 === 0) return value.toFixed(1);
  const below = Math.floor(value * 10);
  return ((below % 2 === 0 ? below : below + 1) / 10).toFixed(1);
}
