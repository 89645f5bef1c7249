/* Privileged instructions that the hypervisor emulates in kernel mode, or refuses. */
#include "selftest.h"

enum { MSR_EFER = 0xc0000080, MSR_FS_BASE = 0xc0000100, MSR_GS_BASE = 0xc0000101, MSR_KERNEL_GS_BASE = 0xc0000102 };

static void cpuid(void) {
  u32 native[4], forced[4];
  about("cpuid");
  cpuid_forced(0x40000000, forced);
  check_that("leaf 0x40000000 says Xen", forced[1] == 0x566e6558 && forced[2] == 0x65584d4d && forced[3] == 0x4d4d566e);
  cpuid_forced(0x40000001, forced);
  check("leaf 0x40000001 is the version", forced[0], (u64)hypercall(HC_xen_version, XENVER_version, NULL));
  cpuid_native(0, native);
  cpuid_forced(0, forced);
  check_that("both forms name the same maker", native[1] == forced[1] && native[2] == forced[2] && native[3] == forced[3]);
  cpuid_forced(1, forced);
  check("FPU, TSC, MSR, CX8, CMOV, FXSR", forced[3] & 0x01008131, 0x01008131);
  check("CX16 and the hypervisor bit", forced[2] & 0x80002000, 0x80002000);
  cpuid_forced(0x80000001, forced);
  check("SYSCALL, NX, long mode", forced[3] & 0x20100800, 0x20100800);
}

static void control_registers(void) {
  about("control register");
  check("cr0: protected mode, paging", read_cr0() & 0x80000001, 0x80000001);
  check("cr3 is the root's machine address", read_cr3(), mfn_of((void *)start_info->pt_base) * PAGE_SIZE);
  attempt(probe_load, UNMAPPED + 0x123, 0);
  check("cr2 is the last fault's address", read_cr2(), UNMAPPED + 0x123);
  check("cr4 has PAE", read_cr4() & 0x20, 0x20);
  check("cr4 can be written as it is", attempt(write_cr4, read_cr4(), 0), false);
  hypercall(HC_fpu_taskswitch, 1);
  check("fpu_taskswitch sets cr0.TS", read_cr0() & 8, 8);
  check_that("then SSE is #NM", attempt(probe_sse, 0, 0) && caught.vector == 7 && caught.rip == (u64)probe_sse_at);
  do_clts(0, 0);
  check("clts clears it", read_cr0() & 8, 0);
  check("then SSE runs", attempt(probe_sse, 0, 0), false);
  write_cr0(read_cr0() | 8, 0);
  check("a store to cr0 sets TS", read_cr0() & 8, 8);
  hypercall(HC_fpu_taskswitch, 0);
  check("fpu_taskswitch clears it", read_cr0() & 8, 0);
}

static void msrs(void) {
  about("MSR");
  check("EFER: SCE, LME, LMA, NX", read_msr(MSR_EFER) & 0xd01, 0xd01);
  check("GS base is ours", read_msr(MSR_GS_BASE), (u64)current());
  check("GS base can be written", attempt(probe_wrmsr, MSR_GS_BASE, (u64)current()), false);
  attempt(probe_wrmsr, MSR_FS_BASE, (u64)test_page);
  check("FS base reads back", read_msr(MSR_FS_BASE), (u64)test_page);
  check_that("a non-canonical base is #GP", attempt(probe_wrmsr, MSR_FS_BASE, NONCANONICAL) && caught.vector == 13 && caught.error == 0 &&
                                              caught.rip == (u64)probe_wrmsr_at);
  attempt(probe_wrmsr, MSR_FS_BASE, 0);
  check_that("an unknown one is #GP", attempt(probe_rdmsr, 0x12345, 0) && caught.vector == 13 && caught.rip == (u64)probe_rdmsr_at);
}

static void interrupt_flag_and_ports(void) {
  u32 iopl = 1;
  about("IOPL 0");
  check_that("cli is #GP", attempt(probe_cli, 0, 0) && caught.vector == 13 && caught.rip == (u64)probe_cli_at);
  check_that("sti is #GP", attempt(probe_sti, 0, 0) && caught.vector == 13 && caught.rip == (u64)probe_sti_at);
  check_that("in is #GP", attempt(probe_in, 0, 0) && caught.vector == 13 && caught.rip == (u64)probe_in_at);
  check_that("out is #GP", attempt(probe_out, 0, 0) && caught.vector == 13 && caught.rip == (u64)probe_out_at);
  about("IOPL 1");
  check("PHYSDEVOP_set_iopl", (u64)hypercall(HC_physdev_op, PHYSDEVOP_set_iopl, &iopl), 0);
  check("cli does nothing", attempt(probe_cli, 0, 0), false);
  check("the upcall mask is as it was", current()->info->upcall_mask, 0);
  check("sti does nothing", attempt(probe_sti, 0, 0), false);
  check("a port reads as all ones", port_in(0x42), 0xff);
  check("a port takes what is written", attempt(probe_out, 0, 0), false);
  iopl = 0;
  hypercall(HC_physdev_op, PHYSDEVOP_set_iopl, &iopl);
  check("back to 0: cli is #GP", attempt(probe_cli, 0, 0), true);
  iopl = 4;
  check("IOPL 4 is refused", (u64)hypercall(HC_physdev_op, PHYSDEVOP_set_iopl, &iopl), -(u64)EINVAL);
}

void test_privileged(void) {
  cpuid();
  control_registers();
  msrs();
  interrupt_flag_and_ports();
}
