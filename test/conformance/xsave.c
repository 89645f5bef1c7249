/*
 * Runs XSAVE and its like on the real processor. Reads cases from standard input and writes what became of them:
 *   case:   u32 operation (0 xsave, 1 xsaveopt, 2 xsavec, 3 xrstor, 4 fxsave, 5 fxrstor, 6 xgetbv of 1; + 8 with REX.W), u32 mask, FXSAVE image, area[576]
 *   result: u64 fault (0, or 256 + the vector), FXSAVE image, area[576], u64 what xgetbv told
 * Built by hand: gcc -O1 -static -o xsave xsave.c
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

struct input { uint32_t operation, mask; uint8_t fpu[512], area[576]; };
struct output { uint64_t fault; uint8_t fpu[512], area[576]; uint64_t states; };

static sigjmp_buf back;
static uint8_t area[576] __attribute__((aligned(64)));
static uint8_t before[512] __attribute__((aligned(64)));
static uint8_t after[512] __attribute__((aligned(64)));

static void caught(int signal, siginfo_t *info, void *context) {
  ucontext_t *user = context;
  memcpy(after, user->uc_mcontext.fpregs, 512);
  siglongjmp(back, 256 + (int)user->uc_mcontext.gregs[REG_TRAPNO]);
}

#define RUN(name) __asm__ volatile("fxrstor64 %0\n" name " %1\nfxsave64 %2\nfninit" : : "m"(before), "m"(area), "m"(after), "a"(mask), "d"(0) : "memory")

int main(void) {
  struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_NODEFER | SA_SIGINFO };
  int signals[] = { SIGFPE, SIGILL, SIGSEGV, SIGBUS };
  for (int i = 0; i < 4; i++) sigaction(signals[i], &action, 0);
  static struct input in;
  static struct output out;
  while (fread(&in, sizeof in, 1, stdin) == 1) {
    uint32_t mask = in.mask, usual = 0x1f80;
    memcpy(area, in.area, sizeof area);
    memcpy(before, in.fpu, sizeof before);
    memcpy(after, in.fpu, sizeof after);
    out.states = 0;
    int fault = sigsetjmp(back, 1);
    if (fault == 0) switch (in.operation) {
      case 0: RUN("xsave"); break;
      case 1: RUN("xsaveopt"); break;
      case 2: RUN("xsavec"); break;
      case 3: RUN("xrstor"); break;
      case 4: RUN("fxsave"); break;
      case 5: RUN("fxrstor"); break;
      case 8: RUN("xsave64"); break;
      case 9: RUN("xsaveopt64"); break;
      case 10: RUN("xsavec64"); break;
      case 11: RUN("xrstor64"); break;
      case 12: RUN("fxsave64"); break;
      case 13: RUN("fxrstor64"); break;
      default: {
        uint32_t low, high;
        __asm__ volatile("fxrstor64 %2\nxgetbv\nfxsave64 %3\nfninit" : "=a"(low), "=d"(high) : "m"(before), "m"(after), "c"(1) : "memory");
        out.states = low & 3;
      }
    }
    __asm__ volatile("ldmxcsr %0" : : "m"(usual));
    out.fault = fault;
    memcpy(out.fpu, after, sizeof after);
    memcpy(out.area, area, sizeof area);
    fwrite(&out, sizeof out, 1, stdout);
  }
  return 0;
}
