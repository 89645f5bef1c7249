#include "programs.h"

uint64_t integer_loop(uint64_t turns) {
  uint64_t a = 1, b = 2, c = 3;
  for (uint64_t i = 0; i < turns * 1000; i++) {
    a = a * 6364136223846793005u + b;
    b ^= a >> 29;
    c += (b << 7) - (a >> 3);
    if (c & 0x40) a += i;
  }
  return a ^ b ^ c;
}

static uint64_t field[64 * 1024 * 1024 / 8];

/* One load and one store in each cache line. */
uint64_t memory_walk(uint64_t turns) {
  uint64_t sum = 0;
  for (uint64_t turn = 0; turn < turns; turn++)
    for (size_t i = 0; i < sizeof field / 8; i += 8) {
      sum += field[i];
      field[i] = sum + turn;
    }
  for (size_t i = 0; i < sizeof field / 8; i += 8) field[i] = 0;
  return sum;
}

uint64_t hash(uint64_t turns) {
  static uint8_t text[65536];
  for (size_t i = 0; i < sizeof text; i++) text[i] = i * 31 >> 3;
  uint64_t h = 14695981039346656037u;
  for (uint64_t turn = 0; turn < turns; turn++) {
    for (size_t i = 0; i < sizeof text; i++) h = (h ^ text[i]) * 1099511628211u;
    uint32_t crc = h;
    for (size_t i = 0; i < sizeof text / 4; i++) {
      uint32_t k = ((const uint32_t *)text)[i] * 0xcc9e2d51u;
      k = k << 15 | k >> 17;
      crc ^= k * 0x1b873593u;
      crc = (crc << 13 | crc >> 19) * 5 + 0xe6546b64u;
    }
    h += crc;
  }
  return h;
}

static void quick_sort(int32_t *first, int32_t *last) {
  while (last - first > 1) {
    int32_t pivot = first[(last - first) / 2], *low = first, *high = last - 1;
    for (;;) {
      while (*low < pivot) low++;
      while (pivot < *high) high--;
      if (low >= high) break;
      int32_t t = *low;
      *low++ = *high;
      *high-- = t;
    }
    if (low - first < last - low) {
      quick_sort(first, low);
      first = low;
    } else {
      quick_sort(low, last);
      last = low;
    }
    if (last - first < 2) return;
  }
}

uint64_t sort(uint64_t turns) {
  static int32_t numbers[50000];
  uint64_t state = 88172645463325252u, sum = 0;
  for (uint64_t turn = 0; turn < turns; turn++) {
    for (size_t i = 0; i < 50000; i++) numbers[i] = next_random(&state);
    /* The ends must differ for the partition to move. */
    numbers[0] = INT32_MIN;
    quick_sort(numbers, numbers + 50000);
    sum = sum * 31 + numbers[turn * 7919 % 50000];
    for (size_t i = 1; i < 50000; i++) if (numbers[i - 1] > numbers[i]) return 0;
  }
  return sum;
}

/* A machine with a stack, running a linear congruence with a branch that depends on data. */
enum { PUSH, ADD, SUB, MUL, DUP, SWAP, LESS, JUMP_IF, JUMP, LOAD, STORE, MOD, STOP };

uint64_t byte_code(uint64_t turns) {
  static const int32_t loop[] = {
    PUSH, 1, STORE, 0, PUSH, 0, STORE, 1,
    LOAD, 0, PUSH, 75, MUL, PUSH, 74, ADD, PUSH, 65537, MOD, STORE, 0, /* 8 */
    LOAD, 0, PUSH, 32768, LESS, JUMP_IF, 36,                          /* 21 */
    LOAD, 1, LOAD, 0, ADD, STORE, 1,                                  /* 28, ends at 35 */
    SWAP,                                                             /* 35: two values are always there */
    LOAD, 2, PUSH, 1, SUB, DUP, STORE, 2, JUMP_IF, 8, STOP,           /* 36 */
  };
  uint64_t sum = 0;
  for (uint64_t turn = 0; turn < turns; turn++) {
    int64_t stack[16] = {1, 2}, memory[4] = {0, 0, 2000, 0}, *top = stack + 1;
    for (const int32_t *at = loop;;) {
      switch (*at++) {
        case PUSH: *++top = *at++; break;
        case ADD: top--; *top += top[1]; break;
        case SUB: top--; *top -= top[1]; break;
        case MUL: top--; *top *= top[1]; break;
        case MOD: top--; *top = (uint64_t)*top % (uint64_t)top[1]; break;
        case DUP: top++; *top = top[-1]; break;
        case SWAP: { int64_t t = *top; *top = top[-1]; top[-1] = t; break; }
        case LESS: top--; *top = *top < top[1]; break;
        case JUMP_IF: if (*top--) at = loop + *at; else at++; break;
        case JUMP: at = loop + *at; break;
        case LOAD: *++top = memory[*at++]; break;
        case STORE: memory[*at++] = *top--; break;
        default: goto stopped;
      }
    }
  stopped:
    sum = sum * 31 + memory[1];
  }
  return sum;
}
