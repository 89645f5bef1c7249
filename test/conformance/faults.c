/*
 * Runs single instructions whose memory operands lie where two pages meet, one or both of which refuse them. Reads cases from standard input and writes
 * what became of them:
 *   case:   code[16] (length in code[15]), 16 registers, rflags, FXSAVE image, u8 pages (1: the first refuses, 2: the second; 0: none), u8 access (0 none, 1 read), 6
 *           bytes of nothing, 1280 bytes of memory: half before the boundary, half behind
 *   result: u64 trap (-1: none), u64 error code, u64 cr2, u64 rip, 16 registers, rflags, FXSAVE image, 1280 bytes of memory
 * All of the state is in the signal frame that main's int3 leaves, so rsp is the case's too. Built by hand: gcc -O1 -static -o faults faults.c
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define DATA 0x10000000UL
#define CODE 0x40000000UL
#define WINDOW 640

struct input { uint8_t code[16]; uint64_t regs[16], flags; uint8_t fpu[512], pages, access, none[6], memory[2 * WINDOW]; };
struct output { uint64_t trap, error, cr2, rip, regs[16], flags; uint8_t fpu[512], memory[2 * WINDOW]; };

static struct input in;
static struct output out;
static sigjmp_buf back;
static volatile int started;
/* In the order of the instruction set. */
static const int greg[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };

static void protect(int access) {
  for (int i = 0; i < 2; i++)
    if (in.pages & (1 << i)) mprotect((void *)(DATA + 4096 * i), 4096, access);
}

static void caught(int signal, siginfo_t *info, void *context) {
  /* The case may have set AC. */
  __asm__ volatile("pushfq\nandl $~0x40000, (%rsp)\npopfq");
  ucontext_t *user = context;
  greg_t *regs = user->uc_mcontext.gregs;
  uint8_t *fpu = (uint8_t *)user->uc_mcontext.fpregs;
  if (!started) {
    started = 1;
    for (int i = 0; i < 16; i++) regs[greg[i]] = in.regs[i];
    regs[REG_EFL] = in.flags;
    regs[REG_RIP] = CODE;
    memcpy(fpu, in.fpu, 416);
    *(uint64_t *)(fpu + 512) |= 3;
    protect(in.access ? PROT_READ : PROT_NONE);
    return;
  }
  protect(PROT_READ | PROT_WRITE);
  for (int i = 0; i < 16; i++) out.regs[i] = regs[greg[i]];
  out.flags = regs[REG_EFL];
  out.rip = regs[REG_RIP];
  /* int3 behind the instruction: it ran. */
  out.trap = regs[REG_TRAPNO] == 3 ? -1UL : (uint64_t)regs[REG_TRAPNO];
  out.error = regs[REG_ERR];
  out.cr2 = regs[REG_CR2];
  memcpy(out.fpu, fpu, 416);
  siglongjmp(back, 1);
}

int main(void) {
  mmap((void *)DATA, 8192, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mmap((void *)CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  static uint8_t stack[65536];
  stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
  sigaltstack(&alternate, 0);
  struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_NODEFER | SA_ONSTACK | SA_SIGINFO };
  int signals[] = { SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGTRAP };
  for (int i = 0; i < 5; i++) sigaction(signals[i], &action, 0);
  while (fread(&in, sizeof in, 1, stdin) == 1) {
    uint8_t *window = (uint8_t *)DATA + 4096 - WINDOW;
    memset((void *)DATA, 0, 8192);
    memcpy(window, in.memory, 2 * WINDOW);
    memset((void *)CODE, 0xcc, 64);
    memcpy((void *)CODE, in.code, in.code[15]);
    started = 0;
    if (sigsetjmp(back, 1) == 0) __asm__ volatile("int3");
    memcpy(out.memory, window, 2 * WINDOW);
    fwrite(&out, sizeof out, 1, stdout);
  }
  return 0;
}
