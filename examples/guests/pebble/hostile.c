/* Misbehaviour on demand: what the hypervisor must refuse, or survive by letting only this domain die. */
#include "selftest.h"

static u32 refused, broken;

static void must_refuse(const char *what, s64 result) {
  if (result < 0) {
    refused++;
  } else {
    broken++;
    print("BROKEN hostile: %s was allowed (%ld)\n", what, result);
  }
}

static void verdict(const char *mode) {
  print("hostile %s: %u refused, %u allowed\n", mode, refused, broken);
  refused = broken = 0;
}

/* Nobody handles our traps any more: the next one is the end. */
static void forget_handlers(void) { hypercall(HC_set_trap_table, NULL); }

static void jump(void) {
  forget_handlers();
  probe_jump(UNMAPPED, 0);
}

/* Every way we know to get a writable mapping of a page table, or a table with an entry of our choice. */
static void write_page_tables(void) {
  u64 *l4 = (u64 *)start_info->pt_base, *l1 = l4 + 3 * 512;
  u64 l1_machine = mfn_of(l1) * PAGE_SIZE, entry, value;
  u64 *page = pages_alloc(1);
  must_refuse("mapping an L1 table writable", update_va_mapping(test_page, l1_machine | PTE_DATA, UVMF_INVLPG));
  pte_of(test_page, &entry, &value);
  must_refuse("the same by mmu_update", mmu_update_entry(entry, l1_machine | PTE_DATA));
  must_refuse("a root mapped writable", update_va_mapping(test_page, mfn_of(l4) * PAGE_SIZE | PTE_DATA, UVMF_INVLPG));
  for (u64 level = 0; level < 4; level++) {
    must_refuse("a store into a page table", attempt(probe_store, (u64)(l4 + level * 512), 0xff) ? -1 : 0);
    must_refuse("a locked one", attempt(probe_locked_add, (u64)(l4 + level * 512), 0) ? -1 : 0);
  }
  must_refuse("a recursive root, writable", mmu_update_entry(mfn_of(l4) * PAGE_SIZE + 8, mfn_of(l4) * PAGE_SIZE | PTE_P | PTE_RW | PTE_US));
  must_refuse("a superpage over all memory", mmu_update_entry(mfn_of(l4 + 1024) * PAGE_SIZE, PTE_P | PTE_RW | PTE_US | PTE_PS));
  must_refuse("an ordinary page as an L1 table", mmu_update_entry(mfn_of(l4 + 1024) * PAGE_SIZE, mfn_of(page) * PAGE_SIZE | PTE_P | PTE_RW | PTE_US));
  for (u64 slot = 256; slot < 272; slot++) must_refuse("a slot of the hypervisor's", mmu_update_entry(mfn_of(l4) * PAGE_SIZE + slot * 8, 0));
  for (u64 mfn = 0; mfn < 64; mfn++) must_refuse("a low frame", update_va_mapping(test_page, mfn * PAGE_SIZE | PTE_DATA, UVMF_INVLPG));
  must_refuse("unpinning what is not pinned", mmuext(MMUEXT_UNPIN_TABLE, mfn_of(page)));
  must_refuse("an ordinary page as the root", mmuext(MMUEXT_NEW_BASEPTR, mfn_of(page)));
  must_refuse("a root that does not exist", mmuext(MMUEXT_NEW_USER_BASEPTR, 0xffffffff));
  /* Freed but still a page table: it must not come back as anybody's ordinary page. */
  u64 extent = mfn_of(l1);
  struct memory_reservation give = {.extent_start = (u64)&extent, .nr_extents = 1, .domid = DOMID_SELF};
  u64 before = l1[0];
  hypercall(HC_memory_op, XENMEM_decrease_reservation, &give);
  must_refuse("losing a page table that is in use", READ_ONCE(l1[0]) == before ? -1 : 0);
  verdict("ptwrite");
}

/* What a call that was not refused may have changed. */
static void restore(void) {
  struct percpu *self = cpus[0]; /* not current(): GS may be anything now */
  hypercall(HC_set_segment_base, SEGBASE_GS_KERNEL, self);
  hypercall(HC_set_segment_base, SEGBASE_FS, 0);
  hypercall(HC_stack_switch, FLAT_SS, self->stack_top);
  hypercall(HC_fpu_taskswitch, 0);
  hypercall(HC_set_debugreg, 7, 0x400);
  hypercall(HC_set_timer_op, 0);
  traps_init();
}

/* A call that would, rightly, end or stop us whatever its pointers are. */
static bool legitimate(u64 number, u64 command) {
  return number == HC_iret || (number == HC_sched_op && command == SCHEDOP_block) ||
         (number == HC_sched_op_compat && (command == SCHEDOP_block || command == SCHEDOP_shutdown)) ||
         (number == HC_vcpu_op && (command == VCPUOP_down || command == VCPUOP_send_nmi));
}

static void bad_pointers(void) {
  static const u64 places[] = {0, 1, UNMAPPED, NONCANONICAL, (u64)MACHINE_TO_PHYS, XEN_PRIVATE, -8ul, -1ul, VIRT_BASE - 4};
  u32 calls = 0;
  events_mask();
  for (u64 number = 0; number < 64; number++)
    for (u64 command = 0; command < 20; command++) {
      if (legitimate(number, command)) continue;
      for (u32 i = 0; i < ARRAY_SIZE(places); i++) {
        u64 at = places[i];
        hypercall(number, command, at, at, at, at);
        if (!legitimate(number, at)) hypercall(number, at, command, at, at, at);
        if (number != HC_vcpu_op && !legitimate(number, at)) hypercall(number, at, at, command, at, at);
        calls += 3;
        restore();
      }
    }
  events_unmask();
  print("hostile badptr: %u calls survived\n", calls);
}

static void corrupt_rings(void) {
  static const u32 steps[] = {1, 1024, 2048, 2049, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff};
  struct console_ring *console = console_page();
  struct xenstore_ring *store = xenstore_page();
  console_drain();
  memset(console->out, '.', sizeof console->out);
  for (u32 i = 0; i < ARRAY_SIZE(steps); i++) {
    WRITE_ONCE(console->out_prod, console->out_cons + steps[i]);
    WRITE_ONCE(console->in_cons, console->in_prod + steps[i]);
    notify(start_info->console_evtchn);
    sleep_until(now_ns() + 5 * MILLISECOND);
  }
  /* Both rings empty again, wherever domain 0 has got to. */
  WRITE_ONCE(console->out_prod, console->out_cons);
  WRITE_ONCE(console->in_cons, console->in_prod);
  for (u32 i = 0; i < ARRAY_SIZE(steps); i++) {
    memset(store->req, (int)(0x5a + i), sizeof store->req);
    WRITE_ONCE(store->req_prod, store->req_cons + steps[i]);
    WRITE_ONCE(store->rsp_cons, store->rsp_prod - steps[i]);
    notify(start_info->store_evtchn);
    sleep_until(now_ns() + 5 * MILLISECOND);
  }
  print("\nhostile ring: done\n");
}

static void trap_storm(void) {
  print("hostile loop: trapping for ever\n");
  for (;;) {
    attempt(probe_cli, 0, 0);
    attempt(probe_hlt, 0, 0);
    attempt(probe_ud2, 0, 0);
    attempt(probe_load, UNMAPPED, 0);
  }
}

static void no_stack(void) { __asm__ volatile("movq %0, %%rsp; ud2" ::"r"(UNMAPPED)); }

/* A page fault handler whose first instruction faults: frame upon frame, until the stack has eaten its way out of our memory. */
static void deep_fault(void) {
  struct trap_info table[2] = {{.vector = 14, .cs = FLAT_CS64, .address = (u64)probe_deep}};
  hypercall(HC_set_trap_table, table);
  probe_deep(0, 0);
}

static void spin(void) {
  events_mask();
  for (;;) barrier();
}

static const struct { const char *name; void (*run)(void); } modes[] = {
  {"jump", jump}, {"ptwrite", write_page_tables}, {"badptr", bad_pointers}, {"ring", corrupt_rings},
  {"loop", trap_storm}, {"nostack", no_stack}, {"deepfault", deep_fault}, {"spin", spin},
};

void hostile(const char *name) {
  for (u32 i = 0; i < ARRAY_SIZE(modes); i++)
    if (same(modes[i].name, name)) {
      print("hostile %s\n", name);
      return modes[i].run();
    }
  print("hostile: no mode %s\n", name);
}
