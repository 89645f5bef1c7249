/** HYPERVISOR_console_io: a guest's debug output goes to the hypervisor's console ring. */
import { EFAULT, ENOSYS } from '../errno.ts';
import { readGuest } from '../memory/guest-memory.ts';
import { Continuation, type Hypercall } from './hypercall.ts';

const WRITE = 0;
const READ = 1;
/** More than anybody writes at once; longer writes are taken a piece at a time. */
const PIECE = 4096;

export const consoleIo: Hypercall = {
  number: 18,
  name: 'console_io',
  args: ['cmd', 'count', 'str*'],
  run(vcpu, [cmd, count, str]) {
    const number = Number(BigInt.asIntN(32, cmd!));
    if (number === READ) return 0; // nobody types there
    if (number !== WRITE) return ENOSYS;
    const length = Math.max(0, Number(BigInt.asIntN(32, count!)));
    const piece = Math.min(PIECE, length);
    const bytes = readGuest(vcpu, str!, piece);
    if (!bytes) return EFAULT;
    vcpu.domain.hypervisor.console.guestWrite(vcpu.domain.domid, String.fromCharCode(...bytes));
    return piece < length ? new Continuation([cmd!, BigInt(length - piece), str! + BigInt(piece)]) : 0;
  },
};
