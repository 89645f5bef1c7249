/* System time from the vCPU's time info page: valid when its version is even and has not changed meanwhile. */
#include "pebble.h"

u64 boot_ns;

static u64 read_tsc(void) {
  u32 low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (u64)high << 32 | low;
}

u64 now_ns(void) {
  const struct vcpu_time_info *time = &current()->info->time;
  u32 version;
  u64 ns;
  do {
    version = READ_ONCE(time->version);
    barrier();
    u64 delta = read_tsc() - time->tsc_timestamp;
    delta = time->tsc_shift >= 0 ? delta << time->tsc_shift : delta >> -time->tsc_shift;
    ns = time->system_time + (u64)((unsigned __int128)delta * time->tsc_to_system_mul >> 32);
    barrier();
  } while (version & 1 || version != READ_ONCE(time->version));
  return ns;
}

void sleep_until(u64 deadline_ns) {
  while (now_ns() < deadline_ns) wait_events(EVENT_TIMER, deadline_ns);
}
