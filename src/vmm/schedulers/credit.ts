/**
 * The credit scheduler (xen/common/sched/credit.c): proportional shares by weight, caps, and a boost for who wakes up. Each pCPU has a queue;
 * a running vCPU burns ten credits a millisecond; every time slice the active domains earn the pool's credits back by weight.
 * In debt is OVER, otherwise UNDER; UNDER goes first, and a pCPU that has only OVER looks for UNDER elsewhere.
 */
import type { CreditParams } from '../control/types.ts';
import type { Domain } from '../domain.ts';
import { EINVAL, type Errno } from '../errno.ts';
import type { Vcpu } from '../vcpu.ts';
import { BOOST, CreditDomain, CreditQueue, CreditUnit, IDLE, OVER, UNDER } from './credit-queue.ts';
import { creditPools } from './credit-pools.ts';
import { creditShares } from './credit-shares.ts';
import { describeCredit } from './credit-dump.ts';
import { bestQueue, idleQueueFor, load, stealable } from './credit-placement.ts';
import type { Decision, Scheduler, SchedulerHost, SchedulerParams } from './scheduler.ts';

const US = 1000;
const MS = 1_000_000;
const CREDITS_PER_MS = 10;
const TICKS_PER_SLICE = 3;
/** Never a slice shorter than this: XEN_SYSCTL_SCHED_RATELIMIT_MIN. */
const MIN_SLICE_NS: number = 100 * US;
const BALANCE_RATELIMIT_NS: number = MS;
const LIMITS = { tsliceMs: [1, 1000], ratelimitUs: [100, 500_000], migrationDelayUs: [0, 100_000] } as const;
const WEIGHT_MAX = 65_535;

export class CreditScheduler implements Scheduler {
  readonly id = 'credit';
  readonly name: string = 'SMP Credit Scheduler (credit)';
  readonly #host: SchedulerHost;
  readonly #queues: readonly CreditQueue[];
  readonly #accounts: Map<number, CreditDomain> = new Map();
  /** Domains with active vCPUs; the ones that can use more stand in front. */
  #active: CreditDomain[] = [];
  #balance = 0;
  #tsliceNs: number = 30 * MS;
  #ratelimitNs: number = MS;
  #migrationDelayNs = 0;
  #accounting = false;
  #balanceBias = 0;
  #tickleBias = 0;

  constructor(host: SchedulerHost) {
    this.#host = host;
    this.#queues = Array.from({ length: host.cpus }, (_, cpu) => new CreditQueue(cpu));
  }

  // Life of a vCPU

  insert(vcpu: Vcpu): void {
    const unit = new CreditUnit(vcpu, this.#account(vcpu.domain));
    vcpu.schedulerData = unit;
    const fitting = this.#queues.filter((queue) => unit.fits(queue.cpu, 'hard'));
    // Spread newcomers: the least loaded, and among equals the next one round the table.
    const start = (vcpu.domain.domid + vcpu.id) % Math.max(1, fitting.length);
    const rotated = [...fitting.slice(start), ...fitting.slice(0, start)];
    vcpu.processor = rotated.reduce((best, queue) => (load(queue) < load(best) ? queue : best), rotated[0] ?? this.#queues[0]!).cpu;
  }

  remove(vcpu: Vcpu): void {
    const unit = this.#unit(vcpu);
    if (!unit) return;
    unit.queuedOn?.remove(unit);
    this.#stopEarning(unit);
    if (unit.runningOn) {
      unit.burn(this.#host.clock.now());
      unit.runningOn.current = null;
      this.#host.tickle(unit.runningOn.cpu);
      unit.runningOn = null;
    }
    vcpu.parked = false;
    vcpu.schedulerData = null;
    const { domain } = vcpu;
    if (domain.vcpus.every((other) => other.schedulerData === null)) this.#accounts.delete(domain.domid);
  }

  wake(vcpu: Vcpu): void {
    const unit = this.#unit(vcpu);
    if (!unit || unit.runningOn || unit.queuedOn) return;
    // No boost for who was only moved, or comes back from being parked.
    if (!unit.migrating && unit.priority === UNDER && !vcpu.parked) unit.priority = BOOST;
    unit.migrating = false;
    if (!unit.fits(vcpu.processor, 'hard')) vcpu.processor = this.#bestCpu(unit);
    this.#queues[vcpu.processor]!.insert(unit);
    this.#tickleFor(unit);
  }

  sleep(vcpu: Vcpu): void {
    const unit = this.#unit(vcpu);
    if (unit?.runningOn) this.#host.tickle(unit.runningOn.cpu);
    else unit?.queuedOn?.remove(unit);
  }

  yield(vcpu: Vcpu): void {
    const unit = this.#unit(vcpu);
    if (!unit?.runningOn) return;
    unit.yielded = true;
    this.#host.tickle(unit.runningOn.cpu);
  }

  affinityChanged(vcpu: Vcpu): void {
    const unit = this.#unit(vcpu);
    if (!unit || unit.fits(vcpu.processor, 'hard')) return;
    if (unit.runningOn) {
      unit.migrating = true;
      this.#host.tickle(unit.runningOn.cpu);
    } else if (unit.queuedOn) {
      unit.queuedOn.remove(unit);
      this.#requeue(unit);
    } else vcpu.processor = this.#bestCpu(unit);
  }

  // Decisions

  pick(cpu: number, nowNs: number): Decision {
    const queue = this.#queues[cpu]!;
    const before = queue.current;
    if (before) {
      before.burn(nowNs);
      const ranNs = nowNs - before.pickedNs;
      if (before.vcpu.runnable && !before.yielded && !before.migrating && ranNs < this.#ratelimitNs)
        return { vcpu: before.vcpu, sliceNs: Math.max(this.#ratelimitNs - ranNs, MIN_SLICE_NS) };
      queue.current = null;
      before.runningOn = null;
      before.leftNs = nowNs;
      if (before.vcpu.runnable) {
        if (before.migrating) this.#requeue(before);
        else queue.insert(before);
      }
    }
    const next = this.#next(queue, nowNs);
    if (!next) return { vcpu: null, sliceNs: Infinity };
    queue.current = next;
    next.runningOn = queue;
    if (next !== before) next.pickedNs = nowNs;
    next.startBurning(nowNs);
    next.vcpu.processor = cpu;
    this.#startTicking(queue, nowNs);
    this.#offer(queue);
    return { vcpu: next.vcpu, sliceNs: this.#tsliceNs };
  }

  #next(queue: CreditQueue, nowNs: number): CreditUnit | null {
    const first = queue.waiting[0] ?? null;
    const priority = first?.priority ?? IDLE;
    if (priority <= OVER && (first === null || nowNs - queue.lastBalanceNs > BALANCE_RATELIMIT_NS)) {
      queue.lastBalanceNs = nowNs;
      const stolen = this.#steal(queue, priority, nowNs);
      if (stolen) return stolen;
    }
    if (first) queue.remove(first);
    return first;
  }

  /** Somebody still waits here: a pCPU that has gone idle before this one had anything to steal looks again. */
  #offer({ waiting: [first] }: CreditQueue): void {
    if (!first || first.yielded) return;
    const idler = idleQueueFor(this.#queues, first, this.#tickleBias);
    if (idler) this.#host.tickle(idler.cpu);
  }

  #steal(thief: CreditQueue, priority: number, nowNs: number): CreditUnit | null {
    const mayMove = (unit: CreditUnit): boolean => nowNs - unit.leftNs >= this.#migrationDelayNs;
    const unit = stealable(this.#queues, thief, priority, this.#balanceBias, mayMove);
    if (!unit) return null;
    this.#balanceBias = unit.queuedOn!.cpu;
    unit.queuedOn!.remove(unit);
    return unit;
  }

  /** Tells the pCPU that should look at `unit`, which has just been queued. */
  #tickleFor(unit: CreditUnit): void {
    const home = this.#queues[unit.vcpu.processor]!;
    if (home.idle) {
      this.#host.tickle(home.cpu);
      return;
    }
    const idler = idleQueueFor(this.#queues, unit, this.#tickleBias);
    if (idler) {
      this.#tickleBias = idler.cpu;
      this.#host.tickle(idler.cpu);
      return;
    }
    if (unit.priority <= home.current!.priority) return;
    // Who is pushed aside can go on at once if some idle pCPU may have it.
    if (this.#queues.some((queue) => queue.idle && home.current!.fits(queue.cpu, 'hard'))) home.current!.migrating = true;
    this.#host.tickle(home.cpu);
  }

  #bestCpu(unit: CreditUnit): number {
    return bestQueue(this.#queues, unit).cpu;
  }

  #requeue(unit: CreditUnit): void {
    unit.migrating = false;
    unit.vcpu.processor = this.#bestCpu(unit);
    this.#queues[unit.vcpu.processor]!.insert(unit);
    this.#tickleFor(unit);
  }

  // Accounting

  #startTicking(queue: CreditQueue, nowNs: number): void {
    if (queue.ticker) return;
    const periodNs = this.#tickNs;
    queue.ticker = this.#host.clock.at(nowNs + periodNs - (nowNs % periodNs), (now) => {
      queue.ticker = null;
      this.#tick(queue, now);
    });
  }

  get #tickNs(): number {
    return this.#tsliceNs / (this.#tsliceNs < TICKS_PER_SLICE * MS ? 1 : TICKS_PER_SLICE);
  }

  /** Whoever is found running uses the pCPU in earnest: no boost any more, and it takes part in the accounting. */
  #tick(queue: CreditQueue, nowNs: number): void {
    const unit = queue.current;
    if (!unit) return;
    if (unit.priority === BOOST) unit.priority = UNDER;
    unit.burn(nowNs);
    if (!unit.active) this.#startEarning(unit, nowNs);
    else if (this.#bestCpu(unit) !== queue.cpu) {
      unit.migrating = true;
      this.#host.tickle(queue.cpu);
    }
    this.#startTicking(queue, nowNs);
  }

  #startEarning(unit: CreditUnit, nowNs: number): void {
    const { account } = unit;
    if (account.active.size === 0) this.#active.unshift(account);
    account.active.add(unit);
    if (this.#accounting) return;
    this.#accounting = true;
    this.#accountAt(nowNs + this.#tsliceNs - (nowNs % this.#tsliceNs));
  }

  #stopEarning(unit: CreditUnit): void {
    const { account } = unit;
    if (account.active.delete(unit) && account.active.size === 0) this.#active = this.#active.filter((other) => other !== account);
  }

  #accountAt(deadlineNs: number): void {
    this.#host.clock.at(deadlineNs, (now) => this.#accountPeriod(now));
  }

  #accountPeriod(nowNs: number): void {
    if (this.#active.length === 0) {
      // An idle machine has no timer running.
      this.#balance = 0;
      this.#accounting = false;
      return;
    }
    const perPeriod = this.#creditsPerPeriod;
    const accounts = this.#active;
    const hungry = new Set<CreditDomain>();
    this.#balance = 0;
    const units = accounts.flatMap(({ active }) => [...active]);
    for (const pool of creditPools(units, this.#queues.length)) {
      const claimants = accounts
        .map((account) => ({ account, units: [...account.active].filter((unit) => pool.units.has(unit)) }))
        .filter((claimant) => claimant.units.length > 0);
      const balance = [...pool.units].reduce((sum, unit) => sum + unit.settled, 0);
      const shares = creditShares(
        claimants.map(({ account: { weight, cap }, units: own }) => ({ weight, cap, activeVcpus: own.length })),
        { creditsPerPeriod: perPeriod, cpus: pool.cpus.size, balance },
      );
      claimants.forEach(({ account, units: own }, i) => {
        const { perVcpu, parkBelow, saturated } = shares[i]!;
        if (!saturated) hungry.add(account);
        for (const unit of own) {
          if (unit.runningOn) unit.burn(nowNs);
          unit.credit += perVcpu;
          this.#settle(unit, parkBelow, perPeriod);
          unit.settled = unit.credit;
          this.#balance += unit.credit;
        }
      });
    }
    // Domains that got less than they can use go last, so that next time they come after those that leave something.
    this.#active = [...this.#active.filter((account) => !hungry.has(account)), ...this.#active.filter((account) => hungry.has(account))];
    for (const queue of this.#queues) queue.sort();
    this.#accountAt(nowNs + this.#tsliceNs);
  }

  /** New priority after earning; parks and unparks; keeps the balance within a period's worth either way. */
  #settle(unit: CreditUnit, parkBelow: number, perPeriod: number): void {
    const { vcpu } = unit;
    if (unit.credit < 0) {
      unit.priority = OVER;
      if (unit.account.cap !== 0 && unit.credit < -parkBelow && !vcpu.parked) this.#host.park(vcpu, true);
      unit.credit = Math.max(unit.credit, -perPeriod);
      return;
    }
    unit.priority = UNDER;
    if (vcpu.parked) {
      unit.migrating = true; // no boost for coming back
      this.#host.park(vcpu, false);
      unit.migrating = false;
    }
    if (unit.credit > perPeriod) {
      // It does not use what it earns. Half of it lets it start a little ahead when it comes back.
      this.#stopEarning(unit);
      unit.credit = Math.floor(unit.credit / 2);
    }
  }

  get #creditsPerPeriod(): number {
    return (CREDITS_PER_MS * this.#tsliceNs) / MS;
  }

  // Parameters

  domainParams(domain: Domain, set: Partial<CreditParams> = {}): CreditParams | Errno {
    const account = this.#account(domain);
    const { weight = account.weight, cap = account.cap } = set;
    const whole = Number.isInteger(weight) && Number.isInteger(cap);
    if (!whole || weight < 1 || weight > WEIGHT_MAX || cap < 0 || cap >= WEIGHT_MAX) return EINVAL;
    account.weight = weight;
    account.cap = cap;
    if (cap === 0) for (const vcpu of domain.vcpus) if (vcpu.parked) this.#host.park(vcpu, false);
    return { weight, cap };
  }

  params(set: Partial<SchedulerParams> = {}): SchedulerParams | Errno {
    const wanted: SchedulerParams = {
      tsliceMs: set.tsliceMs ?? this.#tsliceNs / MS,
      ratelimitUs: set.ratelimitUs ?? this.#ratelimitNs / US,
      migrationDelayUs: set.migrationDelayUs ?? this.#migrationDelayNs / US,
    };
    const within = (key: keyof SchedulerParams): boolean => {
      const value = wanted[key];
      const [least, most] = LIMITS[key];
      return Number.isInteger(value) && ((value >= least && value <= most) || (key === 'ratelimitUs' && value === 0));
    };
    if (!within('tsliceMs') || !within('ratelimitUs') || !within('migrationDelayUs')) return EINVAL;
    if (wanted.ratelimitUs * US > wanted.tsliceMs * MS) return EINVAL;
    this.#tsliceNs = wanted.tsliceMs * MS;
    this.#ratelimitNs = wanted.ratelimitUs * US;
    this.#migrationDelayNs = wanted.migrationDelayUs * US;
    return wanted;
  }

  dump(): readonly string[] {
    const params = { tsliceMs: this.#tsliceNs / MS, ratelimitUs: this.#ratelimitNs / US, migrationDelayUs: this.#migrationDelayNs / US };
    return describeCredit({ name: this.name, queues: this.#queues, active: this.#active, balance: this.#balance, params });
  }

  #unit(vcpu: Vcpu): CreditUnit | null {
    return vcpu.schedulerData as CreditUnit | null;
  }

  #account(domain: Domain): CreditDomain {
    let account = this.#accounts.get(domain.domid);
    if (!account) this.#accounts.set(domain.domid, (account = new CreditDomain(domain)));
    return account;
  }
}
