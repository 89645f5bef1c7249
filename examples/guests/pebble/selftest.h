/* The checks of the hypervisor's interface. What they want is what real Xen 4.17 answers. */
#pragma once
#include "pebble.h"

/* Prints "ok NAME" or "FAIL NAME got X want Y". */
void check(const char *name, u64 got, u64 want);
void check_name(const char *name, const char *got, const char *want);
void check_that(const char *name, bool holds);
/* Checks that follow print with this before their names. */
void about(const char *subject);

void test_traps(void);
void test_privileged(void);
void test_segments(void);
void test_user(void);
void test_hypercalls(void);
void test_bad_pointers(void);
void test_events(void);
void test_page_tables(void);
void test_reservation(void);
void test_grants(void);
void test_xenstore(void);

#define NONCANONICAL 0x8000000000000000ul
#define UNMAPPED 0x00007f0000000000ul
#define XEN_PRIVATE 0xffff820000000000ul
/* A page of the image whose mapping the tests change; they leave it readable and writable. */
extern u8 test_page[PAGE_SIZE];

/* traps.c: where the frame of `caught` stood, the upcall mask in its handler, and breakpoints that just return. */
extern u64 caught_at;
extern u8 caught_mask;
extern u32 breakpoints_passed;
extern bool pass_breakpoints;

/* probes.S */
#define PROBE(name) void name(u64 a, u64 b); extern const char name##_at[]
PROBE(probe_div);
PROBE(probe_idiv);
PROBE(probe_int3);
PROBE(probe_int4);
PROBE(probe_ud2);
PROBE(probe_hlt);
PROBE(probe_load);
PROBE(probe_load_rsp);
PROBE(probe_load_rbp);
PROBE(probe_store);
PROBE(probe_locked_add);
PROBE(probe_rep_movsb);
PROBE(probe_load_ds);
PROBE(probe_load_ss);
PROBE(probe_load_fs);
PROBE(probe_cli);
PROBE(probe_sti);
PROBE(probe_in);
PROBE(probe_out);
PROBE(probe_rdmsr);
PROBE(probe_wrmsr);
PROBE(probe_lgdt);
PROBE(probe_ltr);
PROBE(probe_invlpg);
PROBE(probe_swapgs);
PROBE(probe_sysret);
PROBE(probe_int_0x20);
PROBE(probe_int_0x80);
PROBE(probe_int_0x90);
PROBE(probe_int_0x91);
PROBE(probe_single_step);
PROBE(probe_sse);
PROBE(probe_registers);
PROBE(probe_misaligned);
void probe_jump(u64 target, u64 b);
void probe_deep(u64 a, u64 b); /* loads from nowhere */
u64 probe_iret_keeps(void);      /* 0: a breakpoint and the way back changed no register; else a bit a register */
u64 probe_hypercall_keeps(void); /* the same for a hypercall by SYSCALL */
u64 probe_native_iretq(void);
u64 load_gs0(void);
u64 load_fs0(void);
void cpuid_native(u32 leaf, u32 *regs);
void cpuid_forced(u32 leaf, u32 *regs);
u64 read_cr0(void), read_cr2(void), read_cr3(void), read_cr4(void);
void write_cr0(u64 value, u64 b);
void write_cr4(u64 value, u64 b);
void do_clts(u64 a, u64 b);
u64 read_msr(u32 msr);
u64 read_flags(void);
u8 port_in(u16 port);

/* In the page from user_code on; offsets are these symbols less user_code. */
extern const char user_code[], user_code_end[];
#define USER(name) extern const char name[], name##_at[]
USER(user_syscall);
USER(user_ud2);
USER(user_load);
USER(user_store);
USER(user_jump);
USER(user_hlt);
USER(user_int3);
USER(user_int_0x80);
USER(user_int_0x90);
USER(user_gs);
USER(user_wait);
