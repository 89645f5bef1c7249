/* Hypercalls that are neither about memory nor about events; and pointers that lead nowhere. */
#include "selftest.h"

#define BOUNDARY(page) ((u64)(page) + PAGE_SIZE)

static void versions(void) {
  char text[1024];
  about("xen_version");
  check_that("version is 4.x", hypercall(HC_xen_version, XENVER_version, NULL) >> 16 == 4);
  memset(text, 0xff, sizeof text);
  check("extraversion", (u64)hypercall(HC_xen_version, XENVER_extraversion, text), 0);
  check_that("is padded with zeroes", text[15] == 0 && (u8)text[16] == 0xff);
  check("capabilities", (u64)hypercall(HC_xen_version, XENVER_capabilities, text), 0);
  check_that("name our interface", starts_with(text, "xen-3.0-x86_64"));
  struct { u32 index, features; } map = {};
  check("get_features", (u64)hypercall(HC_xen_version, XENVER_get_features, &map), 0);
  check("preserve-AD and grant map bits yes, writable and translated page tables no", map.features & 0xa7, 0xa0);
  check("pagesize", (u64)hypercall(HC_xen_version, XENVER_pagesize, NULL), 4096);
  check("an unknown command", (u64)hypercall(HC_xen_version, 999, NULL), -(u64)ENOSYS);
}

static void calls(void) {
  about("hypercall");
  check("by SYSCALL: changes only rax, rcx and r11", probe_hypercall_keeps(), 0);
  check("a number that does not exist", (u64)hypercall(63), -(u64)ENOSYS);
  check("a number beyond the table", (u64)hypercall(127), -(u64)ENOSYS);
  check("domctl is for domain 0", (u64)hypercall(HC_domctl, test_page) < -4095ul, false);
  check_that("sysctl is for domain 0", hypercall(HC_sysctl, test_page) < 0);
  check("vm_assist of an unknown type", (u64)hypercall(HC_vm_assist, 0, 31), -(u64)EINVAL);

  struct multicall_entry batch[3] = {
    {.op = HC_xen_version, .args = {XENVER_pagesize}},
    {.op = 63},
    {.op = HC_xen_version, .args = {XENVER_extraversion, UNMAPPED}},
  };
  about("multicall");
  check("a batch succeeds", (u64)hypercall(HC_multicall, batch, 3), 0);
  check("the first has its result", (u64)batch[0].result, 4096);
  check("an unknown call has its error", (u64)batch[1].result, -(u64)ENOSYS);
  check("a bad pointer has its error", (u64)batch[2].result, -(u64)EFAULT);
  check("of nothing", (u64)hypercall(HC_multicall, batch, 0), 0);
}

static void scheduling(void) {
  about("sched_op");
  check("yield", (u64)sched_op(SCHEDOP_yield, NULL), 0);
  check("an unknown command", (u64)sched_op(99, NULL), -(u64)ENOSYS);
  u32 port = current()->ipi_port;
  struct sched_poll poll = {.ports = (u64)&port, .nr_ports = 1};
  /* Any event for this vCPU ends a poll, and the console has some while we print: give it a few tries. */
  u64 before = 0, lasted = 0;
  for (u32 tries = 0; tries < 50 && lasted < 5 * MILLISECOND; tries++) {
    before = now_ns();
    poll.timeout = before + 5 * MILLISECOND;
    if (sched_op(SCHEDOP_poll, &poll)) break;
    lasted = now_ns() - before;
  }
  check_that("poll with a timeout lasts as long", lasted >= 5 * MILLISECOND);
  poll.timeout = before;
  check("poll until the past returns at once", (u64)sched_op(SCHEDOP_poll, &poll), 0);
  shared_info->evtchn_mask[port / 64] |= 1ul << port % 64;
  notify(port);
  poll.timeout = 0;
  check("poll of a pending, masked port returns at once", (u64)sched_op(SCHEDOP_poll, &poll), 0);
  check("the port is still pending", shared_info->evtchn_pending[port / 64] >> port % 64 & 1, 1);
  events_attach(port, EVENT_IPI);
  wait_events(EVENT_IPI, 0);
  poll.nr_ports = 129;
  check("poll of more than 128 ports", (u64)sched_op(SCHEDOP_poll, &poll), -(u64)EINVAL);
  poll.nr_ports = 1;
  port = 1u << 31;
  check("poll of a port out of range", (u64)sched_op(SCHEDOP_poll, &poll), -(u64)EINVAL);
}

static void vcpus(void) {
  struct vcpu_runstate_info runstate;
  u32 id = current()->id;
  about("vcpu_op");
  check("vCPU 0 is up", (u64)vcpu_op(VCPUOP_is_up, 0, NULL), 1);
  check("a vCPU that does not exist", (u64)vcpu_op(VCPUOP_is_up, cpu_count, NULL), -(u64)ENOENT);
  check("vCPU 8191", (u64)vcpu_op(VCPUOP_is_up, 8191, NULL), -(u64)ENOENT);
  check("an unknown command", (u64)vcpu_op(999, id, NULL), -(u64)ENOSYS);
  check("get_runstate_info", (u64)vcpu_op(VCPUOP_get_runstate_info, id, &runstate), 0);
  u64 sum = runstate.time[0] + runstate.time[1] + runstate.time[2] + runstate.time[3];
  check_that("says running", runstate.state == 0);
  check_that("and its times add up to our age", sum + 10 * MILLISECOND >= now_ns() - boot_ns && sum <= now_ns());
  about("timer");
  u64 before = now_ns();
  wait_events(EVENT_TIMER, 1); /* what an earlier timer left */
  struct vcpu_set_singleshot_timer timer = {.timeout_abs_ns = before + 10 * MILLISECOND};
  check("set_singleshot_timer", (u64)vcpu_op(VCPUOP_set_singleshot_timer, id, &timer), 0);
  check("comes", wait_events(EVENT_TIMER, 0), EVENT_TIMER);
  check_that("not too early", now_ns() - before >= 10 * MILLISECOND);
  timer = (struct vcpu_set_singleshot_timer){.timeout_abs_ns = before, .flags = 1};
  check("in the past, whatever its flags", (u64)vcpu_op(VCPUOP_set_singleshot_timer, id, &timer), 0);
  check("comes at once", wait_events(EVENT_TIMER, 0), EVENT_TIMER);
  check("set_timer_op", (u64)hypercall(HC_set_timer_op, now_ns() + 2 * MILLISECOND), 0);
  check("comes as well", wait_events(EVENT_TIMER, 0), EVENT_TIMER);
  check("stop_singleshot_timer", (u64)vcpu_op(VCPUOP_stop_singleshot_timer, id, NULL), 0);
}

static void registrations(void) {
  static const struct callback_register bad_type = {.type = 99}, bad_address = {CALLBACKTYPE_event, 0, 0, NONCANONICAL};
  struct trap_info gate[2] = {{.vector = 0x92, .cs = FLAT_CS64, .address = NONCANONICAL}};
  about("callback_op");
  check("an unknown type", (u64)hypercall(HC_callback_op, CALLBACKOP_register, &bad_type), -(u64)ENOSYS);
  check("a non-canonical address", (u64)hypercall(HC_callback_op, CALLBACKOP_register, &bad_address), -(u64)EINVAL);
  check("an unknown command", (u64)hypercall(HC_callback_op, 99, &bad_type), -(u64)ENOSYS);
  about("set_trap_table");
  check("a non-canonical handler", (u64)hypercall(HC_set_trap_table, gate), -(u64)EINVAL);
  gate[0].address = 0;
  check("an empty table changes nothing", (u64)hypercall(HC_set_trap_table, gate), 0);
}

void test_hypercalls(void) {
  versions();
  calls();
  scheduling();
  vcpus();
  registrations();
}

struct pointer_case { const char *name; u64 number, command; int position; u64 count; bool counts; };
static const struct pointer_case pointers[] = {
  {"set_trap_table", HC_set_trap_table, 0, 0, 0},
  {"mmu_update", HC_mmu_update, 0, 0, 1},
  {"mmuext_op", HC_mmuext_op, 0, 0, 1},
  {"set_gdt", HC_set_gdt, 0, 0, 8},
  {"multicall", HC_multicall, 0, 0, 1},
  {"xen_version", HC_xen_version, XENVER_extraversion, 1, 0},
  {"memory_op", HC_memory_op, XENMEM_decrease_reservation, 1, 0, .counts = true}, /* its answer is how many extents it did */
  {"machphys_mapping", HC_memory_op, XENMEM_machphys_mapping, 1, 0},
  {"sched_op poll", HC_sched_op, SCHEDOP_poll, 1, 0},
  {"sched_op shutdown", HC_sched_op, SCHEDOP_shutdown, 1, 0},
  {"callback_op", HC_callback_op, CALLBACKOP_register, 1, 0},
  {"event_channel_op", HC_event_channel_op, EVTCHNOP_send, 1, 0},
  {"physdev_op", HC_physdev_op, PHYSDEVOP_set_iopl, 1, 0},
  {"vcpu_op timer", HC_vcpu_op, VCPUOP_set_singleshot_timer, 2, 0},
  {"vcpu_op runstate", HC_vcpu_op, VCPUOP_get_runstate_info, 2, 0},
  {"grant_table_op", HC_grant_table_op, GNTTABOP_setup_table, 1, 1},
};
static const struct { const char *name; u64 address; } places[] = {
  {"unmapped", UNMAPPED}, {"non-canonical", NONCANONICAL}, {"the hypervisor's", XEN_PRIVATE}, {"the end of the address space", -8ul},
};

void test_bad_pointers(void) {
  about("bad pointer");
  for (u32 i = 0; i < ARRAY_SIZE(pointers); i++) {
    const struct pointer_case *c = &pointers[i];
    for (u32 j = 0; j < ARRAY_SIZE(places); j++) {
      char name[96];
      u64 at = places[j].address;
      s64 result = c->position == 0   ? hypercall(c->number, at, c->count, NULL, DOMID_SELF)
                   : c->position == 1 ? hypercall(c->number, c->command, at, c->count)
                                      : hypercall(c->number, c->command, 0, at);
      format(name, sizeof name, "%s, %s", c->name, places[j].name);
      check(name, (u64)result, c->counts ? 0 : -(u64)EFAULT);
    }
  }
  /* The structure ends one byte into a page that is not there. */
  u64 frame = mfn_of(test_page) * PAGE_SIZE;
  update_va_mapping(test_page, 0, UVMF_INVLPG);
  check("one that runs into an unmapped page", (u64)hypercall(HC_event_channel_op, EVTCHNOP_status, (u64)test_page - 4), -(u64)EFAULT);
  update_va_mapping(test_page, frame | PTE_READONLY, UVMF_INVLPG);
  check("a result into a read-only page", (u64)hypercall(HC_xen_version, XENVER_extraversion, test_page), -(u64)EFAULT);
  update_va_mapping(test_page, frame | PTE_DATA, UVMF_INVLPG);
}
