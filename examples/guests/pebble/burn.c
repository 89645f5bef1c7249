/*
 * Honest work on every vCPU that is online: integer arithmetic, loads, stores and branches that depend on data, over a table of
 * 8 KiB. One iteration is one turn of the loop in `work`; README.md says how many instructions that is.
 */
#include "pebble.h"

#define TABLE_PAGES 2
#define TABLE_WORDS (TABLE_PAGES * PAGE_SIZE / 8)
#define CHUNK 512 /* iterations between two looks at the clock */
#define PERIOD (50 * MILLISECOND)

static struct { bool active; u64 deadline, busy_ns; } job;

static __attribute__((noinline)) u64 work(u64 *table, u64 seed, u64 turns) {
  u64 x = seed | 1;
  u32 checksum = 0;
  while (turns--) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    u64 *word = &table[x % TABLE_WORDS];
    u64 value = *word;
    if (value & 1) value = value * 31 + x;
    else value = (value >> 1) + table[(x >> 20) % TABLE_WORDS];
    *word = value ^ x;
    checksum = (checksum << 5 | checksum >> 27) + ((u8 *)table)[(x >> 40) % (TABLE_WORDS * 8)];
  }
  return x + checksum;
}

/* Vcpu 0 answers the person and the toolstack in between. */
static void attend(struct percpu *cpu) {
  if (cpu->id != 0 || !(READ_ONCE(cpu->pending) & (EVENT_CONSOLE | EVENT_XENSTORE))) return;
  wait_events(EVENT_CONSOLE | EVENT_XENSTORE, 1); /* takes them: a deadline long past */
  if (console_interrupted()) {
    print("^C\n");
    WRITE_ONCE(job.active, false);
  }
  service();
}

static void take_part(struct percpu *cpu) {
  u64 seed = cpu->id + 1, period = now_ns();
  while (READ_ONCE(job.active) && !READ_ONCE(cpu->leave)) {
    u64 now = now_ns();
    if (job.deadline && now >= job.deadline) return;
    if (now - period >= job.busy_ns) {
      if (job.busy_ns == PERIOD || now - period >= PERIOD) {
        period = now;
        continue;
      }
      u64 next = period + PERIOD;
      wait_events(EVENT_TIMER | EVENT_IPI, job.deadline && job.deadline < next ? job.deadline : next);
    } else {
      seed = work(cpu->table, seed, CHUNK);
      cpu->iterations += CHUNK;
    }
    attend(cpu);
  }
}

void burn_join(void) {
  struct percpu *cpu = current();
  WRITE_ONCE(cpu->burning, true);
  full_barrier(); /* either we see that it is over, or vCPU 0 sees us and waits */
  if (READ_ONCE(job.active)) take_part(cpu);
  full_barrier();
  WRITE_ONCE(cpu->burning, false);
  notify(cpus[0]->ipi_port);
}

static bool others_busy(void) {
  for (u32 id = 1; id < cpu_count; id++)
    if (cpus[id] && READ_ONCE(cpus[id]->burning)) return true;
  return false;
}

static void call_others(void) {
  for (u32 id = 1; id < cpu_count; id++)
    if (cpus[id] && READ_ONCE(cpus[id]->online)) notify(cpus[id]->ipi_port);
}

void burn(u64 seconds, u64 percent) {
  struct percpu *cpu = current();
  if (!cpu->table) cpu->table = pages_alloc(TABLE_PAGES);
  if (!cpu->table) return print("burn: out of memory\n");
  for (u32 id = 0; id < cpu_count; id++)
    if (cpus[id]) cpus[id]->iterations = 0;
  u64 start = now_ns();
  job.deadline = seconds ? start + seconds * SECOND : 0;
  job.busy_ns = PERIOD * percent / 100;
  print("burn: %u vCPU%s", online_vcpus(), online_vcpus() == 1 ? "" : "s");
  if (percent < 100) print(", %lu%% of the time", percent);
  if (seconds) print(", %lu s\n", seconds);
  else print(", until Ctrl-C\n");

  full_barrier();
  WRITE_ONCE(job.active, true);
  call_others();
  take_part(cpu);
  WRITE_ONCE(job.active, false);
  full_barrier();
  u64 elapsed = now_ns() - start, iterations = 0;
  call_others();
  while (others_busy()) wait_events(EVENT_IPI, now_ns() + 10 * MILLISECOND);

  for (u32 id = 0; id < cpu_count; id++)
    if (cpus[id]) iterations += cpus[id]->iterations;
  u64 rate = iterations / (elapsed / 100000 + 1); /* hundredths of a million a second */
  print("burn: %lu iterations in %lu.%03lu s, %lu.%02lu M/s\n", iterations, elapsed / SECOND, elapsed / MILLISECOND % 1000, rate / 100, rate % 100);
}
