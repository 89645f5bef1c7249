/** The credit scheduler's records: of a vCPU, of a domain, and the run queue of a pCPU. */
import type { Timer } from '../../hw/clock.ts';
import type { Domain } from '../domain.ts';
import type { Vcpu } from '../vcpu.ts';

/** CSCHED_PRI_TS_*: a higher number goes first. */
export const BOOST = 0;
export const UNDER: number = -1;
export const OVER: number = -2;
export const IDLE: number = -64;

const NS_PER_CREDIT = 100_000; // 10 credits a millisecond

export class CreditDomain {
  readonly domain: Domain;
  weight = 256;
  cap = 0;
  /** vCPUs that take part in the accounting. */
  readonly active: Set<CreditUnit> = new Set();

  constructor(domain: Domain) {
    this.domain = domain;
  }
}

export class CreditUnit {
  readonly vcpu: Vcpu;
  readonly account: CreditDomain;
  credit = 0;
  /** What it had right after the last accounting. */
  settled = 0;
  priority: number = UNDER;
  /** Called SCHEDOP_yield since it was picked. */
  yielded = false;
  /** Shall be given another pCPU when it stops running. */
  migrating = false;
  queuedOn: CreditQueue | null = null;
  runningOn: CreditQueue | null = null;
  /** When it was last put on a pCPU, for the rate limit. */
  pickedNs = 0;
  /** When it last left one, for the migration delay. */
  leftNs: number = -Infinity;
  #burntUntilNs = 0;
  #residueNs = 0;

  constructor(vcpu: Vcpu, account: CreditDomain) {
    this.vcpu = vcpu;
    this.account = account;
  }

  get active(): boolean {
    return this.account.active.has(this);
  }

  startBurning(nowNs: number): void {
    this.#burntUntilNs = nowNs;
  }

  /** Takes what it has used since the last time; the part of a credit that is left is remembered. */
  burn(nowNs: number): void {
    const usedNs = nowNs - this.#burntUntilNs;
    if (usedNs <= 0) return;
    this.#burntUntilNs = nowNs;
    const total = usedNs + this.#residueNs;
    const credits = Math.floor(total / NS_PER_CREDIT);
    this.#residueNs = total - credits * NS_PER_CREDIT;
    this.credit -= credits;
  }

  /** Does its soft affinity make a difference among the pCPUs it may run on? */
  hasSoftAffinity(): boolean {
    const hard = [...this.vcpu.hardAffinity];
    const liked = hard.filter((cpu) => this.vcpu.softAffinity.has(cpu));
    return liked.length > 0 && liked.length < hard.length;
  }

  /** May it run there? With 'soft': would it like to? */
  fits(cpu: number, step: 'soft' | 'hard'): boolean {
    return this.vcpu.hardAffinity.has(cpu) && (step === 'hard' || this.vcpu.softAffinity.has(cpu));
  }
}

/** The queue of one pCPU: sorted by priority, first come first served within one. */
export class CreditQueue {
  readonly cpu: number;
  readonly waiting: CreditUnit[] = [];
  current: CreditUnit | null = null;
  lastBalanceNs: number = -Infinity;
  ticker: Timer | null = null;

  constructor(cpu: number) {
    this.cpu = cpu;
  }

  get idle(): boolean {
    return this.current === null;
  }

  insert(unit: CreditUnit): void {
    const { waiting } = this;
    let at = waiting.findIndex((other) => other.priority < unit.priority);
    if (at < 0) at = waiting.length;
    // Who yields goes behind one of lower priority too; the next sort brings it forward again.
    else if (unit.yielded) at++;
    waiting.splice(at, 0, unit);
    unit.queuedOn = this;
    unit.vcpu.processor = this.cpu;
  }

  remove(unit: CreditUnit): void {
    const at = this.waiting.indexOf(unit);
    if (at >= 0) this.waiting.splice(at, 1);
    unit.queuedOn = null;
    unit.yielded = false;
  }

  /** After an accounting has changed priorities. Keeps the order within one priority. */
  sort(): void {
    this.waiting.sort((a, b) => b.priority - a.priority);
  }
}
