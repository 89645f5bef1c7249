/** Memory operands as ModRM and SIB name them (SDM vol. 2, 2.1.5 and 2.2.1). */
export const NO_REGISTER = 16;

export interface Address {
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  readonly displacementBytes: 0 | 1 | 2 | 4;
  /** No base, and a displacement: relative to rip in long mode. */
  readonly absolute: boolean;
}

export const hasSib = (modrm: number, addressSize: 2 | 4 | 8): boolean => addressSize !== 2 && modrm >>> 6 !== 3 && (modrm & 7) === 4;

export function addressOf(modrm: number, sib: number, rex: number, addressSize: 2 | 4 | 8): Address {
  if (addressSize === 2) return shortAddress(modrm);
  const mode = modrm >>> 6;
  const displacementBytes = mode === 1 ? 1 : mode === 2 ? 4 : 0;
  const extended = (rex & 1) << 3;
  if ((modrm & 7) !== 4) {
    if ((modrm & 7) === 5 && mode === 0) return { base: NO_REGISTER, index: NO_REGISTER, scale: 0, displacementBytes: 4, absolute: true };
    return { base: (modrm & 7) | extended, index: NO_REGISTER, scale: 0, displacementBytes, absolute: false };
  }
  const index = ((sib >>> 3) & 7) | ((rex & 2) << 2);
  const noBase = (sib & 7) === 5 && mode === 0;
  return {
    base: noBase ? NO_REGISTER : (sib & 7) | extended,
    index: index === 4 ? NO_REGISTER : index,
    scale: sib >>> 6,
    displacementBytes: noBase ? 4 : displacementBytes,
    absolute: false,
  };
}

const [BX, BP, SI, DI] = [3, 5, 6, 7];
/** Base and index by ModRM.rm. */
const SHORT: readonly (readonly [base: number, index: number])[] = [
  [BX, SI],
  [BX, DI],
  [BP, SI],
  [BP, DI],
  [SI, NO_REGISTER],
  [DI, NO_REGISTER],
  [BP, NO_REGISTER],
  [BX, NO_REGISTER],
];
function shortAddress(modrm: number): Address {
  const mode = modrm >>> 6;
  const [base, index] = SHORT[modrm & 7]!;
  if (mode === 0 && (modrm & 7) === 6) return { base: NO_REGISTER, index: NO_REGISTER, scale: 0, displacementBytes: 2, absolute: true };
  return { base, index, scale: 0, displacementBytes: mode === 1 ? 1 : mode === 2 ? 2 : 0, absolute: false };
}
