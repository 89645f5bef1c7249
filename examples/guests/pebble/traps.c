/* The trap table, and what becomes of a trap: an event, the end of an attempt, or the end of us. */
#include "selftest.h"

struct frame caught;
u64 caught_cr2, caught_at;
u8 caught_mask;
u32 breakpoints_passed;
bool pass_breakpoints;
u64 try_stack;
static bool armed;

extern bool try(void (*code)(u64, u64), u64 a, u64 b);
extern const char try_resume[];

#define HANDLER(n) extern const char trap_##n[]
HANDLER(0); HANDLER(1); HANDLER(2); HANDLER(3); HANDLER(4); HANDLER(5); HANDLER(6); HANDLER(7); HANDLER(10); HANDLER(11); HANDLER(12);
HANDLER(13); HANDLER(14); HANDLER(16); HANDLER(17); HANDLER(19); HANDLER(0x80); HANDLER(0x90); HANDLER(0x91);

#define GATE(n, flags) {n, flags, FLAT_CS64, 0, (u64)trap_##n}
static const struct trap_info gates[] = {
  GATE(0, 0), GATE(1, TRAP_MASK_EVENTS), GATE(2, TRAP_MASK_EVENTS), GATE(3, TRAP_DPL(3)), GATE(4, TRAP_DPL(3)), GATE(5, 0), GATE(6, 0),
  GATE(7, TRAP_MASK_EVENTS), GATE(10, 0), GATE(11, 0), GATE(12, 0), GATE(13, 0), GATE(14, TRAP_MASK_EVENTS), GATE(16, 0), GATE(17, 0),
  GATE(19, 0), GATE(0x80, TRAP_DPL(3)), GATE(0x90, TRAP_DPL(1)), GATE(0x91, TRAP_DPL(0)), {},
};
static const char *const names[] = {
  "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "9", "#TS", "#NP", "#SS", "#GP", "#PF", "15", "#MF", "#AC", "#MC", "#XM",
};

const struct trap_info *trap_table(void) { return gates; }

void traps_init(void) {
  static const struct callback_register callbacks[] = {
    {CALLBACKTYPE_event, CALLBACKF_mask_events, 0, (u64)event_entry},
    {CALLBACKTYPE_failsafe, CALLBACKF_mask_events, 0, (u64)failsafe_entry},
    {CALLBACKTYPE_syscall, CALLBACKF_mask_events, 0, (u64)syscall_entry},
    {CALLBACKTYPE_syscall32, CALLBACKF_mask_events, 0, (u64)syscall32_entry},
    {CALLBACKTYPE_sysenter, CALLBACKF_mask_events, 0, (u64)sysenter_entry},
  };
  hypercall(HC_set_trap_table, gates);
  for (u32 i = 0; i < ARRAY_SIZE(callbacks); i++) hypercall(HC_callback_op, CALLBACKOP_register, &callbacks[i]);
}

bool attempt(void (*code)(u64, u64), u64 a, u64 b) {
  armed = true;
  bool trapped = try(code, a, b);
  armed = false;
  return trapped;
}

void handle_trap(struct frame *frame) {
  if (frame->vector == VECTOR_EVENT) return events_upcall();
  if (program_trap(frame)) return;
  if (frame->vector == 3 && pass_breakpoints) {
    breakpoints_passed++;
    return;
  }
  if (!armed || current()->id != 0) {
    panic(frame->vector < ARRAY_SIZE(names) ? names[frame->vector] : "unexpected trap", frame);
  }
  caught = *frame;
  caught_at = (u64)frame;
  caught_mask = current()->info->upcall_mask;
  caught_cr2 = current()->info->cr2;
  frame->rip = (u64)try_resume;
  frame->cs = FLAT_CS64_KERNEL;
  frame->rflags = 0x202;
  frame->rsp = try_stack;
  frame->ss = FLAT_SS;
}

void shutdown(u32 reason) {
  console_drain();
  sched_op(SCHEDOP_shutdown, &reason);
  for (;;) sched_op(SCHEDOP_block, NULL);
}

void panic(const char *why, const struct frame *f) {
  static bool panicking;
  if (panicking) shutdown(SHUTDOWN_crash);
  panicking = true;
  print("\npanic: vCPU %u: %s", current()->id, why);
  if (f) {
    print(" (error %lx) at %016lx, cr2 %016lx\n", f->error, f->rip, current()->info->cr2);
    print("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
    print("rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", f->rsi, f->rdi, f->rbp, f->rsp);
    print("cs %lx ss %lx rflags %lx vector %lx", f->cs, f->ss, f->rflags, f->vector);
  }
  print("\n");
  shutdown(SHUTDOWN_crash);
}
