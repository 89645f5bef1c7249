/*
 * Runs single instructions on the real processor. Reads cases from standard input and writes what became of them:
 *   case:   code[16] (length in code[15]), 16 registers, rflags, 256 bytes of memory (at DATA, where rbx, rsi and rdi may point), FXSAVE image
 *   result: 16 registers, rflags, 256 bytes of memory, FXSAVE image, u64 fault (0, or 256 + the vector)
 * The instruction is at 0x400000a3. With an argument it is run in 32-bit code, at CODE32; it may go on behind itself (there is nothing but NOPs) or at
 * CODE32 + 16. The argument "segments" gives it data segments with a base, limits, one that expands down, and a 16-bit stack. Built by hand: gcc -O1 -static -o silicon silicon.c
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define STATE 0x20000000UL /* registers in and out: below 2 GiB, so that disp32 reaches it */
#define DATA 0x10000000UL
#define CODE 0x40000000UL
#define CODE32 0x50000000UL
#define SELECTOR_64 0x33
#define SELECTOR_32 0x23

struct input { uint8_t code[16]; uint64_t regs[16]; uint64_t flags; uint8_t memory[256]; uint8_t fpu[512]; };
struct output { uint64_t regs[16]; uint64_t flags; uint8_t memory[256]; uint8_t fpu[512]; uint64_t fault; };

static sigjmp_buf back;
static uint8_t fpu_at_fault[512];
/* rax rcx rdx rbx rsp rbp rsi rdi r8 to r15 */
static const int order[] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };
static void caught(int signal, siginfo_t *info, void *context) {
  ucontext_t *user = context;
  uint64_t *state = (uint64_t *)STATE;
  for (int r = 0; r < 16; r++) state[r] = user->uc_mcontext.gregs[order[r]];
  state[16] = user->uc_mcontext.gregs[REG_EFL];
  memcpy(fpu_at_fault, user->uc_mcontext.fpregs, 512);
  siglongjmp(back, 256 + (int)user->uc_mcontext.gregs[REG_TRAPNO]);
}

static uint8_t *put(uint8_t *at, const void *bytes, int n) { memcpy(at, bytes, n); return at + n; }

/* mov [STATE + 8 * r], r  or the other way round (opcode 0x89 or 0x8b), for all registers. */
static uint8_t *moves(uint8_t *at, uint8_t opcode) {
  for (int r = 0; r < 16; r++) {
    uint32_t address = STATE + 8 * r;
    uint8_t insn[] = { 0x48 | (r > 7 ? 4 : 0), opcode, 0x04 | ((r & 7) << 3), 0x25 };
    at = put(at, insn, 4);
    at = put(at, &address, 4);
  }
  return at;
}

/* ds, es and ss of 32-bit code: the flat ones, or those of the local table. Leaves rax to be loaded afterwards. */
static uint8_t *load_segments(uint8_t *at, const uint8_t selectors[3]) {
  static const uint8_t registers[] = { 0xd8, 0xc0, 0xd0 };
  for (int i = 0; i < 3; i++) {
    uint8_t insn[] = { 0xb8, selectors[i], 0, 0, 0, 0x8e, registers[i] };
    at = put(at, insn, sizeof insn);
  }
  return at;
}
static const uint8_t flat[] = { 0x2b, 0x2b, 0x2b }, local[] = { 0x07, 0x0f, 0x17 };
static void make_segments(void) {
  struct user_desc segments[] = {
    { .entry_number = 0, .base_addr = DATA - 0x8000, .limit = 0x8000 + 159, .seg_32bit = 1, .useable = 1 },
    { .entry_number = 1, .base_addr = DATA - 0x8000, .limit = 0x8000 + 39, .seg_32bit = 1, .contents = 1, .useable = 1 },
    { .entry_number = 2, .base_addr = DATA - 0x8000, .limit = 0x8000 + 199, .useable = 1 },
  };
  for (int i = 0; i < 3; i++) syscall(SYS_modify_ldt, 1, &segments[i], sizeof segments[i]);
}
/* jmp far [STATE + b0], in 64-bit code. */
static uint8_t *jump_far(uint8_t *at) {
  static const uint8_t jump[] = { 0xff, 0x2c, 0x25, 0xb0, 0, 0, 0x20 };
  return put(at, jump, sizeof jump);
}

/* The instruction, nothing up to CODE32 + 16, and there the way back. */
static void write_compat(const struct input *in, uint32_t back_to) {
  uint8_t jump[7] = { 0xea };
  memcpy(jump + 1, &back_to, 4);
  jump[5] = SELECTOR_64;
  jump[6] = 0;
  memset((void *)CODE32, 0x90, 64);
  put((uint8_t *)CODE32, in->code, in->code[15]);
  put((uint8_t *)CODE32 + 16, jump, sizeof jump);
  uint32_t target = CODE32;
  uint16_t selector = SELECTOR_32;
  memcpy((void *)(STATE + 0xb0), &target, 4);
  memcpy((void *)(STATE + 0xb4), &selector, 2);
}

int main(int argc, char **argv) {
  int compat = argc > 1;
  const uint8_t *selectors = compat && strcmp(argv[1], "segments") == 0 ? local : flat;
  if (selectors == local) make_segments();
  mmap((void *)CODE32, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mmap((void *)STATE, 4096, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mmap((void *)DATA, 8192, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mmap((void *)CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  static uint8_t stack[65536];
  stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
  sigaltstack(&alternate, 0);
  struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_NODEFER | SA_ONSTACK | SA_SIGINFO };
  int signals[] = { SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGTRAP };
  for (int i = 0; i < 5; i++) sigaction(signals[i], &action, 0);
  uint64_t *state = (uint64_t *)STATE;
  static struct input in;
  static struct output out;
  while (fread(&in, sizeof in, 1, stdin) == 1) {
    memcpy(state, in.regs, sizeof in.regs);
    state[16] = in.flags;
    *(uint32_t *)(STATE + 0xa0) = 0x1f80;
    memset((void *)DATA, 0, 8192);
    memcpy((void *)DATA, in.memory, 256);
    memcpy((void *)(STATE + 0x200), in.fpu, 512);
    uint8_t *at = (uint8_t *)CODE;
    /* push rbx rbp r12-r15; save rsp; fxrstor64; flags; registers */
    static const uint8_t enter[] = { 0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57, 0x48, 0x89, 0x24, 0x25, 0x90, 0, 0, 0x20, 0x48, 0x0f, 0xae, 0x0c, 0x25, 0, 2, 0, 0x20, 0xff, 0x34, 0x25, 0x80, 0, 0, 0x20, 0x9d };
    at = put(at, enter, sizeof enter);
    if (compat) at = load_segments(at, selectors);
    at = moves(at, 0x8b);
    if (compat) {
      at = jump_far(at);
      write_compat(&in, (uint32_t)(uintptr_t)at);
    } else at = put(at, in.code, in.code[15]);
    at = moves(at, 0x89);
    if (compat) at = load_segments(at, flat);
    /* the runner's rsp; flags; cld; fxsave64, fninit, ldmxcsr of the usual value */
    static const uint8_t leave[] = { 0x48, 0x8b, 0x24, 0x25, 0x90, 0, 0, 0x20, 0x9c, 0x8f, 0x04, 0x25, 0x80, 0, 0, 0x20, 0xfc,
      0x48, 0x0f, 0xae, 0x04, 0x25, 0, 4, 0, 0x20, 0xdb, 0xe3, 0x0f, 0xae, 0x14, 0x25, 0xa0, 0, 0, 0x20,
      0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5d, 0x5b, 0xc3 };
    put(at, leave, sizeof leave);
    int signal = sigsetjmp(back, 1);
    if (signal == 0) ((void (*)(void))CODE)();
    else __asm__ volatile("cld");
    memcpy(out.regs, state, sizeof out.regs);
    out.flags = state[16];
    memcpy(out.memory, (void *)DATA, 256);
    memcpy(out.fpu, signal ? fpu_at_fault : (uint8_t *)(STATE + 0x400), 512);
    out.fault = signal;
    fwrite(&out, sizeof out, 1, stdout);
  }
  return 0;
}
