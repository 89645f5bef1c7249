#include "programs.h"

#define PAGES 64
#define PAGE 4096
#define ROUNDS 600

/* Where code may be written and run, as a just-in-time compiler has it. All that pebble's kernel has may be run. */
#ifdef BENCH
#define JIT ".bss.page_aligned"
#else
#define JIT ".jit,\"awx\",@nobits#"
#endif
__attribute__((section(JIT), aligned(PAGE))) static uint8_t jit[PAGES][PAGE];

static uint8_t *put(uint8_t *at, const char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) *at++ = bytes[i];
  return at;
}
static uint8_t *put32(uint8_t *at, uint32_t value) {
  for (int i = 0; i < 4; i++) *at++ = value >> 8 * i;
  return at;
}

/* uint64_t f(void): a loop of ROUNDS over random arithmetic, with a branch here and there. */
static void compile(uint8_t *at, uint64_t *random) {
  at = put32(put(at, "\xb8", 1), next_random(random)); /* mov eax, imm */
  at = put32(put(at, "\xb9", 1), ROUNDS);              /* mov ecx, ROUNDS */
  uint8_t *loop = at;
  for (int i = 4 + next_random(random) % 12; i > 0; i--) switch (next_random(random) % 4) {
      case 0: at = put32(put(at, "\x05", 1), next_random(random)); break;     /* add eax, imm */
      case 1: at = put(at, "\x31\xc8", 2); break;                             /* xor eax, ecx */
      case 2: at = put(at, "\x69\xc0", 2), at = put32(at, next_random(random)); break; /* imul eax, eax, imm */
      case 3: at = put(at, "\xa8\x01\x74\x02\xd1\xc0", 6); break;             /* test al, 1; jz over; rol eax, 1 */
    }
  at = put(at, "\xff\xc9\x0f\x85", 4); /* dec ecx; jnz loop */
  at = put32(at, loop - (at + 4));
  put(at, "\xc3", 1);
}

uint64_t churn(uint64_t turns) {
  static uint64_t random = 88172645463325252u;
  uint64_t sum = 0;
  for (uint64_t turn = 0; turn < turns; turn++) {
    for (int page = 0; page < PAGES; page++) compile(jit[page], &random);
    /* Once until they are hot, once translated. */
    for (int time = 0; time < 2; time++)
      for (int page = 0; page < PAGES; page++) sum += ((uint64_t(*)(void))jit[page])();
  }
  return sum;
}
