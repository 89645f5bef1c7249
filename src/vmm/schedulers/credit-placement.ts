/** Where a vCPU should run: the credit scheduler's choices among its queues. */
import type { CreditQueue, CreditUnit } from './credit-queue.ts';

type Step = 'soft' | 'hard';

/** First the pCPUs that a vCPU would like, if it has a preference, then all that it may use. */
function steps(unit: CreditUnit): readonly Step[] {
  return unit.hasSoftAffinity() ? ['soft', 'hard'] : ['hard'];
}

/** The first of `queues` after number `cpu`, round the table; null when there is none. */
export function nextAfter(queues: readonly CreditQueue[], cpu: number): CreditQueue | null {
  return queues.find((queue) => queue.cpu > cpu) ?? queues[0] ?? null;
}

/** How many vCPUs stand at this pCPU. */
export function load(queue: CreditQueue): number {
  return queue.waiting.length + (queue.idle ? 0 : 1);
}

/** Where it is if that pCPU has nothing else to do; else an idle one; else where it is, if it may be there. */
export function bestQueue(queues: readonly CreditQueue[], unit: CreditUnit): CreditQueue {
  const home = queues[unit.vcpu.processor]!;
  const choose = (among: readonly CreditQueue[]): CreditQueue | null => (among.includes(home) ? home : nextAfter(among, home.cpu));
  let best = home;
  for (const step of steps(unit)) {
    const fitting = queues.filter((queue) => unit.fits(queue.cpu, step));
    const free = fitting.filter((queue) => queue.waiting.length === 0 && (queue.idle || queue.current === unit));
    const idle = choose(free);
    if (idle) return idle;
    best = choose(fitting) ?? best;
  }
  return best;
}

/** An idle pCPU for a vCPU that waits at a busy one; `after` goes round the table. */
export function idleQueueFor(queues: readonly CreditQueue[], unit: CreditUnit, after: number): CreditQueue | null {
  const idlers = queues.filter((queue) => queue.idle);
  for (const step of steps(unit)) {
    const found = nextAfter(
      idlers.filter((queue) => unit.fits(queue.cpu, step)),
      after,
    );
    if (found) return found;
  }
  return null;
}

/**
 * A waiting vCPU of higher priority than `priority` that `thief` may take from a busy pCPU: first those that would like to be there. Peers are
 * asked in turn, beginning after `bias`.
 */
export function stealable(
  queues: readonly CreditQueue[],
  thief: CreditQueue,
  priority: number,
  bias: number,
  mayMove: (unit: CreditUnit) => boolean,
): CreditUnit | null {
  for (const step of ['soft', 'hard'] as const) {
    for (let i = 1; i <= queues.length; i++) {
      const peer = queues[(bias + i) % queues.length]!;
      // An idle pCPU is about to fetch its own work.
      if (peer === thief || peer.idle) continue;
      for (const unit of peer.waiting) {
        if (unit.priority <= priority) break;
        if (unit.yielded || (step === 'soft' && !unit.hasSoftAffinity())) continue;
        if (unit.fits(thief.cpu, step) && mayMove(unit)) return unit;
      }
    }
  }
  return null;
}
