/* Exceptions in kernel mode: vector, error code, the rip in the frame, and the frame itself. */
#include "selftest.h"

struct trap_case {
  const char *name;
  void (*code)(u64, u64);
  const char *rip;
  u64 vector, error;
  u64 a;
};
#define CASE(name, probe, vector, error, ...) {name, probe, probe##_at, vector, error, ##__VA_ARGS__}

static const struct trap_case cases[] = {
  CASE("div by zero is #DE", probe_div, 0, 0),
  CASE("idiv overflow is #DE", probe_idiv, 0, 0),
  CASE("int3 is #BP", probe_int3, 3, 0),
  CASE("int 4 is #OF", probe_int4, 4, 0),
  CASE("ud2 is #UD", probe_ud2, 6, 0),
  CASE("single step is #DB", probe_single_step, 1, 0),
  CASE("a load from a non-canonical address is #GP", probe_load, 13, 0, NONCANONICAL),
  CASE("a store to a non-canonical address is #GP", probe_store, 13, 0, NONCANONICAL),
  CASE("a non-canonical address based on rsp is #SS", probe_load_rsp, 12, 0, NONCANONICAL),
  CASE("a non-canonical address based on rbp is #SS", probe_load_rbp, 12, 0, NONCANONICAL),
  CASE("hlt is #GP", probe_hlt, 13, 0),
  CASE("lgdt is #GP", probe_lgdt, 13, 0, (u64)test_page),
  CASE("ltr is #GP", probe_ltr, 13, 0),
  CASE("invlpg is #GP", probe_invlpg, 13, 0, (u64)test_page),
  CASE("swapgs is #GP", probe_swapgs, 13, 0),
  CASE("sysret is #GP", probe_sysret, 13, 0),
  CASE("int to a vector without a gate is #GP", probe_int_0x20, 13, 0x20 * 8 + 2),
  CASE("int through a gate of DPL 3 arrives", probe_int_0x80, 0x80, 0),
  CASE("int through a gate of DPL 1 arrives", probe_int_0x90, 0x90, 0),
  CASE("int through a gate of DPL 0 is #GP", probe_int_0x91, 13, 0x91 * 8 + 2),
};

static void check_trap(const char *name, bool trapped, u64 rip, u64 vector, u64 error) {
  if (!trapped) return check(name, -1ul, vector);
  if (caught.vector != vector) return check(name, caught.vector, vector);
  if (caught.error != error) return check(name, caught.error, error);
  check(name, caught.rip, rip);
}

static void check_fault(const char *name, void (*code)(u64, u64), const char *rip, u64 a, u64 b, u64 error, u64 cr2) {
  bool trapped = attempt(code, a, b);
  if (trapped && caught.vector == 14 && caught_cr2 != cr2) return check(name, caught_cr2, cr2);
  check_trap(name, trapped, (u64)rip, 14, error);
}

static void page_faults(void) {
  u64 page = (u64)test_page, frame = mfn_of(test_page) * PAGE_SIZE;
  about("page fault");
  check_fault("a load from nowhere", probe_load, probe_load_at, UNMAPPED + 8, 0, 0, UNMAPPED + 8);
  check_fault("a store to nowhere", probe_store, probe_store_at, UNMAPPED + 9, 0, 2, UNMAPPED + 9);
  check_fault("a locked add to nowhere", probe_locked_add, probe_locked_add_at, UNMAPPED, 0, 2, UNMAPPED);
  check_fault("a load from the null page", probe_load, probe_load_at, 0, 0, 0, 0);
  attempt(probe_jump, UNMAPPED, 0);
  check_that("a jump to nowhere", caught.vector == 14 && caught.error == 0x10 && caught.rip == UNMAPPED && caught_cr2 == UNMAPPED);
  attempt(probe_load, XEN_PRIVATE, 0);
  check_that("a load from the hypervisor", caught.vector == 14 && (caught.error & ~1ul) == 0 && caught_cr2 == XEN_PRIVATE);

  update_va_mapping(test_page, frame | PTE_READONLY, UVMF_INVLPG);
  check_fault("a store to a read-only page", probe_store, probe_store_at, page, 0, 3, page);
  check("a read-only page can be read", attempt(probe_load, page, 0), false);
  update_va_mapping(test_page, frame | PTE_DATA | PTE_NX, UVMF_INVLPG);
  attempt(probe_jump, page, 0);
  check_that("a jump to a page that is not executable", caught.vector == 14 && caught.error == 0x11 && caught_cr2 == page);
  update_va_mapping(test_page, 0, UVMF_INVLPG);
  check_fault("a load that runs into a page that is not there", probe_load, probe_load_at, page - 4, 0, 0, page);
  bool trapped = attempt(probe_rep_movsb, page - 16, page - 256);
  check_that("rep movsb stops at the byte that faults", trapped && caught.error == 2 && caught_cr2 == page && caught.rcx == 48 &&
                                                          caught.rdi == page && caught.rsi == page - 240 &&
                                                          caught.rip == (u64)probe_rep_movsb_at);
  update_va_mapping(test_page, frame | PTE_DATA, UVMF_INVLPG);
  check("a page that is back can be written", attempt(probe_store, page, 0), false);
}

static void frames(void) {
  about("frame");
  attempt(probe_registers, 0, 0);
  bool all = caught.rax == 0x1001 && caught.rbx == 0x1002 && caught.rcx == 0x1003 && caught.rdx == 0x1004 && caught.rsi == 0x1005 &&
             caught.rdi == 0x1006 && caught.rbp == 0x1007 && caught.r8 == 0x1008 && caught.r9 == 0x1009 && caught.r10 == 0x100a &&
             caught.r11 == 0x100b && caught.r12 == 0x100c && caught.r13 == 0x100d && caught.r14 == 0x100e && caught.r15 == 0x100f;
  check_that("every register is as the instruction left it", all);
  check("cs has RPL 0", caught.cs & 0xffff, FLAT_CS64_KERNEL);
  check("ss is the flat one", caught.ss & 0xffff, FLAT_SS);
  check("flags: CF as it was, IF because events are not masked", caught.rflags & 0x3f01, 0x201);
  check("the upcall mask was clear", caught.cs >> 32 & 0xff, 0);
  check("a gate without the mask flag leaves events alone", caught_mask, 0);
  attempt(probe_load, UNMAPPED, 0);
  check("a gate with the mask flag masks events", caught_mask, 1);
  events_mask();
  attempt(probe_ud2, 0, 0);
  events_unmask();
  check("a masked upcall shows as IF clear", caught.rflags & 0x200, 0);
  check("and as the saved mask", caught.cs >> 32 & 0xff, 1);
  attempt(probe_misaligned, 0, 0);
  check("rsp in the frame is the interrupted one", caught.rsp & 15, 8);
  check("the frame is aligned to 16 bytes", caught_at + sizeof(struct frame), caught.rsp & -16ul);
  attempt(probe_single_step, 0, 0);
  check("the single step flag is in the frame", caught.rflags & 0x100, 0x100);
  check("and clear in the handler", read_flags() & 0x100, 0);

  about("iret");
  pass_breakpoints = true;
  u32 before = breakpoints_passed;
  check("the way back restores every register", probe_iret_keeps(), 0);
  check("there was one breakpoint", breakpoints_passed - before, 1);
  pass_breakpoints = false;
  check("iretq within the kernel works natively", probe_native_iretq(), 0);
}

void test_traps(void) {
  about("trap");
  for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
    const struct trap_case *c = &cases[i];
    check_trap(c->name, attempt(c->code, c->a, 0), (u64)c->rip, c->vector, c->error);
  }
  page_faults();
  frames();
}
