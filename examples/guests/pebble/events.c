/* Event channels, two-level: a pending bit a port, a selector bit a word of ports, and the upcall. */
#include "pebble.h"

#define PORTS 1024
static u8 event_of[PORTS];

void events_init(void) {
  for (u32 i = 0; i < ARRAY_SIZE(shared_info->evtchn_mask); i++) shared_info->evtchn_mask[i] = ~0ul;
}

void events_attach(u32 port, u32 event) {
  if (port >= PORTS) panic("port out of range", NULL);
  event_of[port] = (u8)event;
  struct evtchn_port op = {port};
  event_channel_op(EVTCHNOP_unmask, &op);
}

static u64 exchange(u64 *at, u64 value) {
  __asm__ volatile("xchg %0, %1" : "+r"(value), "+m"(*at)::"memory");
  return value;
}

/* In the upcall, so masked. The order is the protocol's: clear the pending byte, then take the selector, then the words. */
void events_upcall(void) {
  struct percpu *cpu = current();
  struct vcpu_info *info = cpu->info;
  while (READ_ONCE(info->upcall_pending)) {
    WRITE_ONCE(info->upcall_pending, 0);
    full_barrier();
    u64 words = exchange(&info->pending_sel, 0);
    while (words) {
      u32 word = (u32)__builtin_ctzl(words);
      words &= words - 1;
      for (;;) {
        u64 bits = READ_ONCE(shared_info->evtchn_pending[word]) & ~READ_ONCE(shared_info->evtchn_mask[word]);
        if (!bits) break;
        u32 bit = (u32)__builtin_ctzl(bits);
        __asm__ volatile("lock btrq %1, %0" : "+m"(shared_info->evtchn_pending[word]) : "r"((u64)bit) : "memory", "cc");
        u32 port = word * 64 + bit;
        if (port < PORTS) cpu->pending |= event_of[port];
      }
    }
  }
}

void events_mask(void) {
  WRITE_ONCE(current()->info->upcall_mask, 1);
  barrier();
}

void events_unmask(void) {
  struct vcpu_info *info = current()->info;
  barrier();
  WRITE_ONCE(info->upcall_mask, 0);
  barrier();
  /* Nobody looks at the mask while we run: any hypercall makes the hypervisor deliver what is pending. */
  if (READ_ONCE(info->upcall_pending)) hypercall(HC_xen_version, XENVER_version, NULL);
}

u32 wait_events(u32 wanted, u64 deadline_ns) {
  struct percpu *cpu = current();
  for (;;) {
    events_mask();
    u32 came = cpu->pending & wanted;
    if (came || (deadline_ns && now_ns() >= deadline_ns)) {
      cpu->pending &= ~came;
      events_unmask();
      return came;
    }
    if (deadline_ns) {
      struct vcpu_set_singleshot_timer timer = {.timeout_abs_ns = deadline_ns};
      vcpu_op(VCPUOP_set_singleshot_timer, cpu->id, &timer);
    }
    sched_op(SCHEDOP_block, NULL); /* unmasks, and returns at once if something came since */
  }
}

void notify(u32 port) {
  struct evtchn_port op = {port};
  event_channel_op(EVTCHNOP_send, &op);
}
