/** A tiny guest on a real processor: runs a few bytes of code, exit by exit, until they get to one of its handlers. */
import { setUserRoot } from '../../../src/vmm/memory/base-pointers.ts';
import type { HypervisorHandle } from '../../../src/vmm/hypervisor.ts';
import { handleExit } from '../../../src/vmm/traps/handle-exit.ts';
import { toUser } from '../../../src/vmm/traps/mode.ts';
import type { CallbackKind } from '../../../src/vmm/vcpu.ts';
import type { VcpuContext } from '../../../src/hw/cpu/types.ts';
import { tinyGuest, type TinyGuest } from './tiny-guest.ts';

export const REGISTER = { rax: 0, rcx: 1, rdx: 2, rbx: 3, rsp: 4, rbp: 5, rsi: 6, rdi: 7, r8: 8, r9: 9, r10: 10, r11: 11 } as const;
export const MASK_EVENTS = 4;
const CODE_PAGE = 0;
const STACK_PAGE = 2;
const HANDLER_PAGE = 4;
const KERNEL_STACK_PAGE = 3;
const JUMP_TO_SELF = [0xeb, 0xfe];
const HANDLER_BYTES = 16;
const STEPS = 1000;
const KINDS: readonly CallbackKind[] = ['event', 'syscall', 'syscall32', 'sysenter'];

export class Trapping {
  readonly handle: HypervisorHandle;
  readonly guest: TinyGuest;

  /** In kernel mode, with Xen’s flat selectors, and without a handler. */
  constructor(handle: HypervisorHandle) {
    this.handle = handle;
    this.guest = tinyGuest(handle);
    this.guest.vcpu.kernelSp = this.kernelStack;
    this.context.setGpr(REGISTER.rsp, this.stack);
  }

  get context(): VcpuContext {
    return this.guest.vcpu.context;
  }
  get code(): bigint {
    return this.guest.va(CODE_PAGE);
  }
  /** Tops of the stacks that the code, and its kernel when it comes from user mode, start with. */
  get stack(): bigint {
    return this.guest.va(STACK_PAGE) + 2048n;
  }
  get kernelStack(): bigint {
    return this.guest.va(KERNEL_STACK_PAGE) + 4096n;
  }

  /** A handler for `vector` that stays where it is. */
  handler(vector: number, flags: number = 0): bigint {
    const address = this.#waiting(vector % 32);
    Object.assign(this.guest.vcpu.traps[vector]!, { handler: address, flags, selector: 0xe033 });
    return address;
  }
  /** Another place to stay. */
  callback(kind: CallbackKind, maskEvents: boolean = false): bigint {
    const address = this.#waiting(32 + KINDS.indexOf(kind));
    Object.assign(this.guest.vcpu.callbacks[kind], { address, maskEvents });
    return address;
  }
  #waiting(slot: number): bigint {
    JUMP_TO_SELF.forEach((byte, i) => this.guest.page(HANDLER_PAGE).setUint8(slot * HANDLER_BYTES + i, byte));
    return this.guest.va(HANDLER_PAGE) + BigInt(slot * HANDLER_BYTES);
  }

  enterUser(): void {
    const { vcpu } = this.guest;
    setUserRoot(vcpu, vcpu.context.root('kernel'));
    toUser(vcpu);
  }

  /** Puts the code in place and goes to it. */
  load(...bytes: readonly number[]): void {
    [...bytes, ...JUMP_TO_SELF].forEach((byte, i) => this.guest.page(CODE_PAGE).setUint8(i, byte));
    this.handle.hypervisor.machine.cpus[0]!.dropCode(this.guest.mfn(CODE_PAGE));
    this.context.rip = this.code;
  }

  /** Runs until the slice is used up, in some loop to itself, or the domain is lost; where it is then. */
  go(): bigint {
    const { vcpu, domain } = this.guest;
    const cpu = this.handle.hypervisor.machine.cpus[0]!;
    for (let exits = 0; exits < STEPS && domain.shutdown === null; exits++) {
      cpu.switchTo(vcpu.context, vcpu.environment);
      const exit = cpu.run(STEPS);
      if (exit.kind === 'budget') break;
      handleExit(this.handle.hypervisor, vcpu, cpu, exit);
    }
    return vcpu.context.rip;
  }
  run(...bytes: readonly number[]): bigint {
    this.load(...bytes);
    return this.go();
  }

  /** The 64-bit words at the top of the stack that it is on now. */
  words(count: number): bigint[] {
    const rsp = this.context.gpr(REGISTER.rsp);
    return Array.from({ length: count }, (_, i) => {
      const offset = Number(rsp - this.guest.va(0)) + i * 8;
      return this.guest.page(offset >> 12).getBigUint64(offset & 4095, true);
    });
  }
  /** Why the domain crashed, on the hypervisor's console. */
  get log(): string {
    return this.handle.hypervisor.console.read();
  }
}
