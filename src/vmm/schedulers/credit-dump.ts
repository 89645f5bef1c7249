/** The credit scheduler's state as debug key 'r' prints it. */
import { load } from './credit-placement.ts';
import type { CreditDomain, CreditQueue, CreditUnit } from './credit-queue.ts';
import type { SchedulerParams } from './scheduler.ts';

export interface CreditState {
  readonly name: string;
  readonly queues: readonly CreditQueue[];
  readonly active: readonly CreditDomain[];
  readonly balance: number;
  readonly params: SchedulerParams;
}

export function describeUnit({ vcpu, account, priority, credit, yielded, migrating }: CreditUnit): string {
  const flags = (vcpu.parked ? 1 : 0) | (yielded ? 2 : 0) | (migrating ? 4 : 0);
  const name = `[${vcpu.domain.domid}.${vcpu.id}]`;
  return `${name} pri=${priority} flags=${flags} cpu=${vcpu.processor} credit=${credit} [w=${account.weight},cap=${account.cap}]`;
}

export function describeCredit({ name, queues, active, balance, params }: CreditState): string[] {
  const lines = [
    `Scheduler: ${name}`,
    'info:',
    `\tncpus              = ${queues.length}`,
    `\tcredit balance     = ${balance}`,
    '\tdefault-weight     = 256',
    `\ttslice             = ${params.tsliceMs}ms`,
    `\tratelimit          = ${params.ratelimitUs}us`,
    `\tmigration delay    = ${params.migrationDelayUs}us`,
    'active units:',
  ];
  for (const account of active) for (const unit of account.active) lines.push(`\t  : ${describeUnit(unit)}`);
  for (const queue of queues) {
    lines.push(`CPU[${String(queue.cpu).padStart(2, '0')}] nr_run=${load(queue)}`);
    if (queue.current) lines.push(`\trun: ${describeUnit(queue.current)}`);
    queue.waiting.forEach((unit, i) => lines.push(`\t${String(i + 1).padStart(3)}: ${describeUnit(unit)}`));
  }
  return lines;
}
