/** struct xencons_interface: xen/include/public/io/console.h. The indices run freely and are masked on access. */
export const CONSOLE_RING = {
  in: 0, // char[1024], to the guest
  out: 0x400, // char[2048], from the guest
  inCons: 0xc00,
  inProd: 0xc04,
  outCons: 0xc08,
  outProd: 0xc0c,
} as const;

export const CONSOLE_IN_SIZE = 1024;
export const CONSOLE_OUT_SIZE = 2048;
