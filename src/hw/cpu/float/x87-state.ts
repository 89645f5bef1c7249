/**
 * The x87 unit in a context's FXSAVE image (SDM vol. 1, 8.1 and 10.5.1): ST(i) at 32 + 16 i, by stack order; the abridged tags by register number,
 * bit i set when register i is not empty.
 */
import type { MachineMemory } from '../../memory.ts';
import { CONTEXT } from '../layout.ts';
import { EXTENDED, INDEFINITE, pack, unpack, type Unpacked } from './format.ts';
import { FLAG, type Environment, type Rounding } from './soft-float.ts';

export const FIELD = { control: 0, status: 2, tags: 4, opcode: 6, instruction: 8, data: 16, registers: 32 } as const;
export const STATUS = { stackFault: 0x40, summary: 0x80, c0: 0x100, c1: 0x200, c2: 0x400, top: 0x3800, c3: 0x4000, busy: 0x8000 } as const;
const CONDITIONS = 0x4700;
const INITIAL_CONTROL = 0x37f;
const BEFORE_COMPUTATION: number = FLAG.invalid | FLAG.denormal | FLAG.divideByZero;
/** What an unmasked overflow takes from the exponent, and an underflow adds. */
const WRAP = 24576;
const PRECISIONS = [24, 64, 53, 64] as const;

const turning = new Uint32Array(32);
/** Makes TOP `top`; each physical register keeps its content, so the image turns. */
function turnTo(memory: MachineMemory, image: number, top: number): void {
  const { u32, view } = memory;
  const status = view.getUint16(image + FIELD.status, true);
  const by = 4 * ((top - ((status & STATUS.top) >>> 11)) & 7);
  if (by !== 0) {
    const start = (image + FIELD.registers) >>> 2;
    for (let i = 0; i < 32; i++) turning[i] = u32[start + ((i + by) & 31)]!;
    u32.set(turning, start);
  }
  view.setUint16(image + FIELD.status, (status & ~STATUS.top) | ((top & 7) << 11), true);
}

export function enterMmx(memory: MachineMemory, cpu: number): void {
  turnTo(memory, cpu + CONTEXT.fxsave, 0);
  memory.u8[cpu + CONTEXT.fxsave + FIELD.tags] = 0xff;
}

/** One instruction's view of the unit: registers, and what has gone wrong so far. */
export class Fpu {
  readonly memory: MachineMemory;
  readonly cpu: number;
  readonly image: number;
  readonly env: Environment;
  /** C1 where it is not the direction of rounding; `kept`: as it was. */
  c1: boolean | 'kept' | null = null;

  constructor(memory: MachineMemory, cpu: number) {
    this.memory = memory;
    this.cpu = cpu;
    this.image = cpu + CONTEXT.fxsave;
    const control = this.control;
    this.env = {
      rounding: ((control >>> 10) & 3) as Rounding,
      masks: control & 0x3f,
      flushToZero: false,
      precision: PRECISIONS[(control >>> 8) & 3]!,
      wrap: WRAP,
      largerNaN: true,
      flags: 0,
      roundedUp: false,
    };
  }

  /** From here on results have all 64 bits: PC is for the basic operations alone. */
  allBits(): Environment {
    this.env.precision = EXTENDED.precision;
    return this.env;
  }

  get control(): number {
    return this.memory.view.getUint16(this.image + FIELD.control, true);
  }
  set control(value: number) {
    this.memory.view.setUint16(this.image + FIELD.control, value, true);
  }
  get status(): number {
    return this.memory.view.getUint16(this.image + FIELD.status, true);
  }
  set status(value: number) {
    this.memory.view.setUint16(this.image + FIELD.status, value, true);
  }
  get tags(): number {
    return this.memory.u8[this.image + FIELD.tags]!;
  }
  set tags(value: number) {
    this.memory.u8[this.image + FIELD.tags] = value;
  }
  get top(): number {
    return (this.status & STATUS.top) >>> 11;
  }
  turn(by: number): void {
    turnTo(this.memory, this.image, (this.top + by) & 7);
  }
  setTop(top: number): void {
    turnTo(this.memory, this.image, top);
  }

  #bit(i: number): number {
    return 1 << ((this.top + i) & 7);
  }
  isEmpty(i: number): boolean {
    return (this.tags & this.#bit(i)) === 0;
  }
  free(i: number): void {
    this.tags &= ~this.#bit(i);
  }
  bits(i: number): bigint {
    const at = this.image + FIELD.registers + 16 * i;
    return this.memory.view.getBigUint64(at, true) | (BigInt(this.memory.view.getUint16(at + 8, true)) << 64n);
  }
  putBits(i: number, bits: bigint): void {
    const at = this.image + FIELD.registers + 16 * i;
    this.memory.view.setBigUint64(at, BigInt.asUintN(64, bits), true);
    this.memory.view.setUint16(at + 8, Number(bits >> 64n), true);
    this.tags |= this.#bit(i);
  }
  /** ST(i), or null with the stack fault noted when it is empty. */
  read(i: number): Unpacked | null {
    if (!this.isEmpty(i)) return unpack(EXTENDED, this.bits(i));
    this.stackFault(false);
    return null;
  }
  write(i: number, value: Unpacked): void {
    this.putBits(i, pack(EXTENDED, value));
  }
  pop(): void {
    this.free(0);
    this.turn(1);
  }
  /** Pushes; on a full stack the indefinite, if that exception is masked. */
  push(bits: bigint): void {
    if (!this.isEmpty(7)) {
      this.stackFault(true);
      if (this.stopped) return;
      bits = pack(EXTENDED, INDEFINITE);
    }
    this.turn(-1);
    this.putBits(0, bits);
  }

  stackFault(overflow: boolean): void {
    this.env.flags |= FLAG.invalid | STATUS.stackFault;
    this.c1 = overflow;
  }
  /** An unmasked exception of the operands: nothing is written. */
  get stopped(): boolean {
    return (this.env.flags & ~this.env.masks & BEFORE_COMPUTATION) !== 0;
  }
  /** An unmasked overflow or underflow: no store to memory. */
  get outOfRange(): boolean {
    return (this.env.flags & ~this.env.masks & (FLAG.overflow | FLAG.underflow)) !== 0;
  }

  /** Condition bits but C1; they are given at their places. */
  setConditions(bits: number): void {
    this.status = (this.status & ~(CONDITIONS & ~STATUS.c1)) | bits;
  }

  setC2(value: boolean): void {
    this.status = (this.status & ~STATUS.c2) | (value ? STATUS.c2 : 0);
  }

  /** Notes C1 and the exceptions in the status word. */
  finish(): void {
    if (this.stopped) this.env.flags &= BEFORE_COMPUTATION | STATUS.stackFault;
    const rounded = !this.stopped && (this.env.flags & (FLAG.precision | FLAG.overflow | FLAG.underflow)) !== 0 && this.env.roundedUp;
    const up = this.c1 === 'kept' ? (this.status & STATUS.c1) !== 0 : (this.c1 ?? rounded);
    this.status = (this.status & ~STATUS.c1) | (up ? STATUS.c1 : 0) | (this.env.flags & 0x7f);
    this.summarise();
  }
  /** ES and B: is an unmasked exception pending? */
  summarise(): void {
    const pending = (this.status & ~this.control & 0x3f) !== 0;
    this.status = (this.status & ~(STATUS.summary | STATUS.busy)) | (pending ? STATUS.summary | STATUS.busy : 0);
  }

  initialise(): void {
    this.setTop(0);
    this.control = INITIAL_CONTROL;
    this.status = 0;
    this.tags = 0;
    const { view } = this.memory;
    view.setUint16(this.image + FIELD.opcode, 0, true);
    view.setBigUint64(this.image + FIELD.instruction, 0n, true);
    view.setBigUint64(this.image + FIELD.data, 0n, true);
  }
  /** As the processor begins: initialised, and the registers zero. */
  reset(): void {
    this.initialise();
    this.memory.u8.fill(0, this.image + FIELD.registers, this.image + FIELD.registers + 8 * 16);
  }
}
