/** Routines that handlers end in or call, written by hand. Locals: 0 cpu, 1 uop (or target), 2 left, 3 scratch. */
import { CONTEXT, EXIT, JUMPS, UOP } from '../layout.ts';
import type { Bytes } from '../wasm/bytes.ts';

const get = (code: Bytes, local: number): void => code.bytes([0x20, local]);
const i32Load = (code: Bytes, offset: number): void => {
  code.bytes([0x28, 0]);
  code.u32(offset);
};
const i64Load = (code: Bytes, offset: number): void => {
  code.bytes([0x29, 0]);
  code.u32(offset);
};
const i32Store = (code: Bytes, offset: number): void => {
  code.bytes([0x36, 0]);
  code.u32(offset);
};
const i64Store = (code: Bytes, offset: number): void => {
  code.bytes([0x37, 0]);
  code.u32(offset);
};
const i32Const = (code: Bytes, value: number): void => {
  code.u8(0x41);
  code.s32(value);
};

export function storeConst(code: Bytes, offset: number, value: number): void {
  get(code, 0);
  i32Const(code, value);
  i32Store(code, offset);
}

/** rip = the micro-op's, left kept, return `exit`. */
export function leaveAt(code: Bytes, exit: number): void {
  get(code, 0);
  get(code, 1);
  i64Load(code, UOP.rip);
  i64Store(code, CONTEXT.rip);
  get(code, 0);
  get(code, 2);
  i32Store(code, CONTEXT.left);
  i32Const(code, exit);
  code.u8(0x0f);
}

export function dispatch(code: Bytes, handlerType: number, uop: number): void {
  get(code, 0);
  get(code, uop);
  get(code, 2);
  get(code, uop);
  i32Load(code, UOP.handler);
  code.u8(0x13);
  code.u32(handlerType);
  code.u32(0);
}

/** The micro-op in local 1, by the handler in slot local 3 instead of its own. */
export function enterAt(code: Bytes, handlerType: number): void {
  for (const local of [0, 1, 2, 3]) get(code, local);
  code.u8(0x13);
  code.u32(handlerType);
  code.u32(0);
}

/** Counts at `local` + `offset`; when that makes it hot, leaves for `rip` to be looked at, and counts again: it may be passed over for now. */
function count(code: Bytes, hot: number, local: number, offset: number, rip: () => void, exit: number = EXIT.hot): void {
  if (hot === 0) return;
  get(code, local);
  get(code, local);
  i32Load(code, offset);
  i32Const(code, 1);
  code.u8(0x6a);
  i32Store(code, offset);
  get(code, local);
  i32Load(code, offset);
  i32Const(code, hot);
  code.bytes([0x46, 0x04, 0x40]);
  get(code, local);
  i32Const(code, 0);
  i32Store(code, offset);
  get(code, 0);
  rip();
  i64Store(code, CONTEXT.rip);
  get(code, 0);
  get(code, 2);
  i32Store(code, CONTEXT.left);
  i32Const(code, exit);
  code.bytes([0x0f, 0x0b]);
}

/** A taken branch: to the linked micro-op, or out to have it looked up and linked. */
export function nearJump(code: Bytes, handlerType: number, budget: number, hot: number): void {
  get(code, 2);
  i32Const(code, 1);
  code.bytes([0x6b, 0x21, 2]); // left -= 1
  get(code, 1);
  i32Load(code, UOP.link);
  code.bytes([0x22, 3, 0x04, 0x40]); // if linked
  get(code, 2);
  code.bytes([0x45, 0x04, 0x40]); // if nothing left
  get(code, 0);
  get(code, 3);
  get(code, 2);
  code.u8(0x12);
  code.u32(budget);
  code.u8(0x0b);
  count(code, hot, 1, UOP.heat, () => {
    get(code, 1);
    i64Load(code, UOP.immediate);
  });
  dispatch(code, handlerType, 3);
  code.u8(0x0b);
  get(code, 0);
  get(code, 1);
  i64Load(code, UOP.immediate);
  i64Store(code, CONTEXT.rip);
  get(code, 0);
  get(code, 2);
  i32Store(code, CONTEXT.left);
  get(code, 0);
  get(code, 1);
  i32Store(code, CONTEXT.linkFrom);
  i32Const(code, EXIT.lookup);
  code.u8(0x0f);
}

/** To the address in local 1 (i64), by the jump cache. */
export function farJump(code: Bytes, handlerType: number, hot: number): void {
  get(code, 2);
  i32Const(code, 1);
  code.bytes([0x6b, 0x21, 2]);
  get(code, 0);
  i32Load(code, CONTEXT.jumpCache);
  get(code, 1);
  code.u8(0xa7);
  i32Const(code, JUMPS.entries - 1);
  code.u8(0x71);
  i32Const(code, 4);
  code.bytes([0x74, 0x6a, 0x22, 3]);
  i64Load(code, JUMPS.va);
  get(code, 1);
  code.u8(0x51);
  get(code, 2);
  i32Const(code, 0);
  code.bytes([0x47, 0x71, 0x04, 0x40]); // hit, and instructions left
  count(code, hot, 3, JUMPS.heat, () => get(code, 1), EXIT.hotTarget);
  get(code, 3);
  i32Load(code, JUMPS.uop);
  code.bytes([0x21, 3]);
  dispatch(code, handlerType, 3);
  code.u8(0x0b);
  get(code, 0);
  get(code, 1);
  i64Store(code, CONTEXT.rip);
  get(code, 0);
  get(code, 2);
  i32Store(code, CONTEXT.left);
  i32Const(code, EXIT.lookup);
  code.u8(0x0f);
}

/** End of a block that runs on: not an instruction, so nothing is counted. */
export function gotoPseudo(code: Bytes, handlerType: number, hot: number): void {
  get(code, 1);
  i32Load(code, UOP.link);
  code.bytes([0x22, 3, 0x04, 0x40]);
  count(code, hot, 1, UOP.heat, () => {
    get(code, 1);
    i64Load(code, UOP.rip);
  });
  dispatch(code, handlerType, 3);
  code.u8(0x0b);
  get(code, 0);
  get(code, 1);
  i32Store(code, CONTEXT.linkFrom);
  leaveAt(code, EXIT.lookup);
}

/** End of a page that runs on: what the next page is, only the jump cache knows, which is forgotten when that changes. */
export function nextPagePseudo(code: Bytes, jump: number): void {
  get(code, 0);
  get(code, 1);
  i64Load(code, UOP.rip);
  get(code, 2);
  i32Const(code, 1);
  code.u8(0x6a); // a jump takes itself off the budget, and this is none
  code.u8(0x12);
  code.u32(jump);
}

/** Before an instruction that lies on two pages: does the second still translate to the same frame? */
export function guardPseudo(code: Bytes, handlerType: number, guardHolds: number): void {
  get(code, 0);
  get(code, 1);
  code.u8(0x10);
  code.u32(guardHolds);
  code.bytes([0x04, 0x40]);
  get(code, 1);
  i32Const(code, UOP.bytes);
  code.bytes([0x6a, 0x21, 1]);
  dispatch(code, handlerType, 1);
  code.u8(0x0b);
  leaveAt(code, EXIT.guard);
}

export function swap32(code: Bytes): void {
  // ((x rotl 8) & 00ff00ff) | ((x rotr 8) & ff00ff00)
  get(code, 1);
  i32Const(code, 8);
  code.u8(0x77);
  i32Const(code, 0x00ff00ff);
  code.u8(0x71);
  get(code, 1);
  i32Const(code, 8);
  code.u8(0x78);
  i32Const(code, 0xff00ff00 | 0);
  code.bytes([0x71, 0x72]);
}

export function swap64(code: Bytes): void {
  const half = (wrapHigh: boolean): void => {
    get(code, 1);
    if (wrapHigh) code.bytes([0x42, 32, 0x88]);
    code.u8(0xa7);
  };
  const swapped = (wrapHigh: boolean): void => {
    half(wrapHigh);
    i32Const(code, 8);
    code.u8(0x77);
    i32Const(code, 0x00ff00ff);
    code.u8(0x71);
    half(wrapHigh);
    i32Const(code, 8);
    code.u8(0x78);
    i32Const(code, 0xff00ff00 | 0);
    code.bytes([0x71, 0x72, 0xad]);
  };
  swapped(false);
  code.bytes([0x42, 32, 0x86]);
  swapped(true);
  code.u8(0x84);
}
