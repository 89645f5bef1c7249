/* User mode: an address space of its own, system calls, faults with the user bit. */
#include "selftest.h"

#define CODE 0x400000ul
#define DATA 0x401000ul

static u64 *root, *l3, *l2, *l1;
static u8 *code, *data, *trap_stack;

static void build(void) {
  u8 *pages = pages_alloc(7);
  root = (u64 *)pages, l3 = root + 512, l2 = l3 + 512, l1 = l2 + 512;
  code = pages + 4 * PAGE_SIZE, data = code + PAGE_SIZE, trap_stack = data + PAGE_SIZE;
  memcpy(code, user_code, (u64)(user_code_end - user_code));
  u64 link = PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D;
  root[0] = mfn_of(l3) * PAGE_SIZE | link;
  l3[0] = mfn_of(l2) * PAGE_SIZE | link;
  l2[CODE >> 21] = mfn_of(l1) * PAGE_SIZE | link;
  l1[0] = mfn_of(code) * PAGE_SIZE | PTE_P | PTE_US | PTE_A;
  l1[1] = mfn_of(data) * PAGE_SIZE | PTE_DATA | PTE_US | PTE_NX;
  for (u64 *table = root; table <= l1; table += 512) update_va_mapping(table, mfn_of(table) * PAGE_SIZE | PTE_READONLY, UVMF_INVLPG);
}

static void enter(u64 rip, u64 rsp) { enter_user(rip, rsp); }

/* Runs user code with an argument until it traps. */
static void run(const char *at, u64 argument) {
  *(u64 *)data = argument;
  if (!attempt(enter, CODE + (u64)(at - user_code), DATA + PAGE_SIZE)) panic("user mode ended without a trap", NULL);
}

static void check_user(const char *name, const char *at, const char *rip, u64 argument, u64 vector, u64 error) {
  run(at, argument);
  if (caught.vector != vector) return check(name, caught.vector, vector);
  if (caught.error != error) return check(name, caught.error, error);
  check(name, caught.rip, CODE + (u64)(rip - user_code));
}
#define CHECK_USER(name, what, argument, vector, error) check_user(name, what, what##_at, argument, vector, error)

static void modes(void) {
  about("user mode");
  CHECK_USER("a system call arrives", user_syscall, 0, VECTOR_SYSCALL, 0);
  check("with its number", caught.rax, 0x1234);
  check("and its other registers", caught.rbx, 0x5678);
  check("rcx is the return address", caught.rcx, caught.rip);
  check("cs has RPL 3", caught.cs & 0xffff, FLAT_CS64);
  check("ss is the flat one", caught.ss & 0xffff, FLAT_SS);
  check("rsp is the user's", caught.rsp, DATA + PAGE_SIZE);
  check("the frame is on the kernel stack", caught_at + sizeof(struct frame), (u64)trap_stack + PAGE_SIZE);
  check("events are masked as asked", caught_mask, 1);
  CHECK_USER("ud2 is #UD", user_ud2, 0, 6, 0);
  check("our GS base is back", load_gs0(), (u64)current());
  CHECK_USER("hlt is #GP", user_hlt, 0, 13, 0);
  CHECK_USER("int3 is #BP", user_int3, 0, 3, 0);
  CHECK_USER("int through a gate of DPL 3 arrives", user_int_0x80, 0, 0x80, 0);
  CHECK_USER("int through a gate of DPL 1 is #GP", user_int_0x90, 0, 13, 0x90 * 8 + 2);
  CHECK_USER("a load from nowhere", user_load, UNMAPPED, 14, 4);
  check("with its address", caught_cr2, UNMAPPED);
  CHECK_USER("a store to nowhere", user_store, UNMAPPED, 14, 6);
  CHECK_USER("a load from the kernel", user_load, (u64)test_page, 14, 4);
  CHECK_USER("a store to its own code", user_store, CODE, 14, 7);
  run(user_load, XEN_PRIVATE);
  check_that("a load from the hypervisor", caught.vector == 14 && (caught.error & ~1ul) == 4 && caught_cr2 == XEN_PRIVATE);
  run(user_jump, DATA);
  check_that("a jump to its data", caught.vector == 14 && caught.error == 0x15 && caught.rip == DATA && caught_cr2 == DATA);
  CHECK_USER("a load from a non-canonical address is #GP", user_load, NONCANONICAL, 13, 0);
  check_that("the kernel does not see the user's pages", attempt(probe_load, CODE, 0) && caught.vector == 14 && caught.error == 0);

  *(u64 *)(data + 8) = 0x77665544;
  hypercall(HC_set_segment_base, SEGBASE_GS_USER, DATA + 8);
  run(user_gs, 0);
  check("the user's GS base", caught.rax, 0x77665544);
  check("is not the kernel's", load_gs0(), (u64)current());

  u64 tsc_start;
  __asm__ volatile("rdtsc; shlq $32, %%rdx; orq %%rdx, %%rax" : "=a"(tsc_start)::"rdx");
  u64 now = now_ns();
  while (now_ns() < now + MILLISECOND) continue;
  u64 tsc_end;
  __asm__ volatile("rdtsc; shlq $32, %%rdx; orq %%rdx, %%rax" : "=a"(tsc_end)::"rdx");
  wait_events(EVENT_TIMER, 1);
  struct vcpu_set_singleshot_timer timer = {.timeout_abs_ns = now_ns() + 2 * MILLISECOND};
  vcpu_op(VCPUOP_set_singleshot_timer, 0, &timer);
  run(user_wait, tsc_end + (tsc_end - tsc_start) * 8);
  check("an event interrupts user mode and returns there", caught.rax, 0x77);
  check_that("the event came", current()->pending & EVENT_TIMER);
}

void test_user(void) {
  build();
  about("user page tables");
  check("pin the root", (u64)mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(root)), 0);
  check("NEW_USER_BASEPTR", (u64)mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(root)), 0);
  hypercall(HC_stack_switch, FLAT_SS, trap_stack + PAGE_SIZE);
  modes();
  hypercall(HC_stack_switch, FLAT_SS, current()->stack_top);
  about("user page tables");
  check("a table in use cannot become writable", (u64)update_va_mapping(l1, mfn_of(l1) * PAGE_SIZE | PTE_DATA, UVMF_INVLPG), -(u64)EBUSY);
  check("no user root", (u64)mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0);
  check("unpin the root", (u64)mmuext(MMUEXT_UNPIN_TABLE, mfn_of(root)), 0);
  s64 refused = 0;
  for (u64 *table = root; table <= l1; table += 512) refused |= update_va_mapping(table, mfn_of(table) * PAGE_SIZE | PTE_DATA, UVMF_INVLPG);
  check("all its tables may be writable again", (u64)refused, 0);
  pages_free(root, 7);
}
