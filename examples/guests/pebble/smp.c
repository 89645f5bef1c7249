/* The other vCPUs: brought up as xenstore's cpu/N/availability says, each with a stack, a timer and an IPI of its own. */
#include "pebble.h"

#define SECONDARY_PAGES 5 /* stack 2, data 1, burn's table 2 */
struct percpu *cpus[MAX_VCPUS];
u32 cpu_count;
extern const char start_secondary[];

u32 count_vcpus(void) {
  u32 n = 0;
  while (n < MAX_VCPUS && vcpu_op(VCPUOP_is_up, n, NULL) >= 0) n++;
  return n;
}

u32 online_vcpus(void) {
  u32 n = 0;
  for (u32 id = 0; id < cpu_count; id++) n += cpus[id] && READ_ONCE(cpus[id]->online);
  return n;
}

void percpu_init(struct percpu *cpu, u32 id, void *stack_top) {
  cpu->self = cpu;
  cpu->id = id;
  cpu->info = &shared_info->vcpu_info[id];
  cpu->stack_top = stack_top;
  cpus[id] = cpu;
}

static void bind_events(struct percpu *cpu) {
  struct evtchn_bind_ipi ipi = {.vcpu = cpu->id};
  event_channel_op(EVTCHNOP_bind_ipi, &ipi);
  cpu->ipi_port = ipi.port;
  events_attach(ipi.port, EVENT_IPI);
  struct evtchn_bind_virq timer = {.virq = VIRQ_TIMER, .vcpu = cpu->id};
  event_channel_op(EVTCHNOP_bind_virq, &timer);
  cpu->timer_port = timer.port;
  events_attach(timer.port, EVENT_TIMER);
  vcpu_op(VCPUOP_stop_periodic_timer, cpu->id, NULL);
}

void smp_init(void) {
  bind_events(cpus[0]);
  cpus[0]->online = true;
}

static bool start(u32 id) {
  static struct vcpu_guest_context context;
  u8 *pages = pages_alloc(SECONDARY_PAGES);
  if (!pages) return false;
  struct percpu *cpu = (struct percpu *)(pages + 2 * PAGE_SIZE);
  percpu_init(cpu, id, pages + 2 * PAGE_SIZE);
  cpu->table = (u64 *)(pages + 3 * PAGE_SIZE);
  bind_events(cpu);

  memset(&context, 0, sizeof context);
  context.flags = VGCF_in_kernel;
  context.user_regs.rip = (u64)start_secondary;
  context.user_regs.rsp = (u64)cpu->stack_top;
  context.user_regs.rdi = (u64)cpu;
  context.user_regs.rflags = 0x1000; /* IOPL 1, as Linux does */
  context.user_regs.cs = FLAT_CS64;
  context.user_regs.ss = FLAT_SS;
  const struct trap_info *gate = trap_table();
  for (; gate->address; gate++) context.trap_ctxt[gate->vector] = *gate;
  context.kernel_ss = FLAT_SS;
  context.kernel_sp = (u64)cpu->stack_top;
  context.gs_base_kernel = (u64)cpu;
  context.ctrlreg[3] = mfn_of((void *)start_info->pt_base) * PAGE_SIZE;
  context.event_callback_eip = (u64)event_entry;
  context.failsafe_callback_eip = (u64)failsafe_entry;
  context.syscall_callback_eip = (u64)syscall_entry;
  cpu->info->upcall_mask = 1;
  return vcpu_op(VCPUOP_initialise, id, &context) == 0;
}

void smp_set_online(u32 id, bool online) {
  struct percpu *cpu = cpus[id];
  if (online == (cpu && cpu->online && !cpu->leave)) return;
  if (!online) {
    if (!cpu) return;
    WRITE_ONCE(cpu->leave, true);
    notify(cpu->ipi_port);
    return;
  }
  if (!cpu && !start(id)) {
    print("pebble: vCPU %u does not start\n", id);
    return;
  }
  /* On its way out: let it go first, or it would leave after we have brought it up. */
  while (cpus[id]->leave && vcpu_op(VCPUOP_is_up, id, NULL) > 0) sched_op(SCHEDOP_yield, NULL);
  cpus[id]->leave = false;
  cpus[id]->online = true;
  vcpu_op(VCPUOP_up, id, NULL);
}

void secondary_main(struct percpu *cpu) {
  events_unmask();
  for (;;) {
    if (READ_ONCE(cpu->leave)) {
      WRITE_ONCE(cpu->online, false);
      vcpu_op(VCPUOP_down, cpu->id, NULL); /* returns when somebody brings us up again */
    }
    burn_join();
    wait_events(EVENT_IPI, 0);
  }
}
