/* Hypercalls through the page that the domain builder filled: entry n is 32 bytes at n * 32. */
#pragma once
#include "xen.h"

extern const char hypercall_page[];

/* rdi, rsi, rdx, r10, r8, r9 carry arguments and may come back changed; rcx and r11 are SYSCALL's. */
static inline s64 hypercall5(u64 number, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5) {
  register u64 r10 __asm__("r10") = a4;
  register u64 r8 __asm__("r8") = a5;
  s64 result;
  __asm__ volatile("call *%[entry]"
                   : "=a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                   : [entry] "0"(hypercall_page + number * 32)
                   : "rcx", "r11", "r9", "memory");
  return result;
}
#define hypercall(number, ...) HYPERCALL_PAD(number, ##__VA_ARGS__, 0, 0, 0, 0, 0)
#define HYPERCALL_PAD(number, a1, a2, a3, a4, a5, ...) hypercall5(number, (u64)(a1), (u64)(a2), (u64)(a3), (u64)(a4), (u64)(a5))

static inline s64 sched_op(u32 command, const void *argument) { return hypercall(HC_sched_op, command, argument); }
static inline s64 event_channel_op(u32 command, void *argument) { return hypercall(HC_event_channel_op, command, argument); }
static inline s64 vcpu_op(u32 command, u32 vcpu, void *argument) { return hypercall(HC_vcpu_op, command, vcpu, argument); }
static inline s64 update_va_mapping(const void *va, u64 entry, u64 flags) { return hypercall(HC_update_va_mapping, va, entry, flags); }
static inline s64 mmuext(u32 command, u64 arg1) {
  struct mmuext_op op = {.cmd = command, .arg1 = arg1};
  return hypercall(HC_mmuext_op, &op, 1, NULL, DOMID_SELF);
}
static inline s64 mmu_update_entry(u64 machine_address, u64 value) {
  struct mmu_update request = {machine_address, value};
  return hypercall(HC_mmu_update, &request, 1, NULL, DOMID_SELF);
}
