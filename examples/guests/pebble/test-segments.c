/* Segment bases, and a descriptor table of our own. */
#include "selftest.h"

#define DATA_DESCRIPTOR 0x00cff3000000fffful  /* flat, writable, DPL 3, present */
#define PRESENT (1ul << 47)
#define BASE(b) (((b) & 0xffffff) << 16 | ((b) >> 24 & 0xff) << 56)

static void bases(void) {
  static u64 mark = 0xfeedface;
  about("segment base");
  check("set_segment_base(FS)", (u64)hypercall(HC_set_segment_base, SEGBASE_FS, &mark), 0);
  check("a load through FS uses it", load_fs0(), 0xfeedface);
  check("a load through GS uses the kernel's", load_gs0(), (u64)current());
  check("the user's GS base can be set", (u64)hypercall(HC_set_segment_base, SEGBASE_GS_USER, &mark), 0);
  check("and does not disturb the kernel's", load_gs0(), (u64)current());
  check("a non-canonical base is refused", (u64)hypercall(HC_set_segment_base, SEGBASE_FS, NONCANONICAL), -(u64)EINVAL);
  check("an unknown base is refused", (u64)hypercall(HC_set_segment_base, 9, 0), -(u64)EINVAL);
  hypercall(HC_set_segment_base, SEGBASE_FS, 0);
}

static void table(void) {
  u64 *gdt = (u64 *)test_page;
  u64 frame = mfn_of(test_page);
  memset(test_page, 0, PAGE_SIZE);
  gdt[1] = DATA_DESCRIPTOR & ~PRESENT;
  gdt[2] = DATA_DESCRIPTOR;
  gdt[3] = DATA_DESCRIPTOR | BASE(0x12345678ul);
  about("descriptor table");
  check_that("an empty entry is #GP", attempt(probe_load_ds, 0x0bab, 0) && caught.vector == 13 && caught.error == 0x0ba8 &&
                                        caught.rip == (u64)probe_load_ds_at);
  check_that("a null stack segment is #GP(0)", attempt(probe_load_ss, 0, 0) && caught.vector == 13 && caught.error == 0);
  check("a page that is mapped writable is refused", (u64)hypercall(HC_set_gdt, &frame, 4), -(u64)EINVAL);
  update_va_mapping(test_page, frame * PAGE_SIZE | PTE_READONLY, UVMF_INVLPG);
  check("set_gdt", (u64)hypercall(HC_set_gdt, &frame, 4), 0);
  check_that("a segment that is not present is #NP", attempt(probe_load_ds, 0x0b, 0) && caught.vector == 11 && caught.error == 8 &&
                                                       caught.rip == (u64)probe_load_ds_at);
  check_that("a stack segment that is not present is #SS", attempt(probe_load_ss, 0x0b, 0) && caught.vector == 12 && caught.error == 8 &&
                                                             caught.rip == (u64)probe_load_ss_at);
  check("a good segment loads", attempt(probe_load_ds, 0x13, 0), false);
  u16 selector;
  __asm__ volatile("movw %%ds, %0" : "=r"(selector));
  check("and reads back", selector, 0x13);
  attempt(probe_load_ds, 0, 0);
  attempt(probe_load_fs, 0x1b, 0);
  check("FS takes its base from the descriptor", read_msr(0xc0000100), 0x12345678);
  attempt(probe_load_fs, 0, 0);
  check("the table cannot become writable", (u64)update_va_mapping(test_page, frame * PAGE_SIZE | PTE_DATA, UVMF_INVLPG), -(u64)EBUSY);
  u64 task_state = 0x0000e90000000000ul;
  check("a task state segment is refused", (u64)hypercall(HC_update_descriptor, frame * PAGE_SIZE + 8, task_state), -(u64)EINVAL);
  check("update_descriptor", (u64)hypercall(HC_update_descriptor, frame * PAGE_SIZE + 8, DATA_DESCRIPTOR), 0);
  check("the new segment loads", attempt(probe_load_ds, 0x0b, 0), false);
  attempt(probe_load_ds, 0, 0);
  check("too many entries are refused", (u64)hypercall(HC_set_gdt, &frame, 7169), -(u64)EINVAL);
  check("an empty table is accepted", (u64)hypercall(HC_set_gdt, &frame, 0), 0);
  check("then the page may be writable again", (u64)update_va_mapping(test_page, frame * PAGE_SIZE | PTE_DATA, UVMF_INVLPG), 0);
}

void test_segments(void) {
  bases();
  table();
}
