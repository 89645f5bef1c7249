/*
 * A program for 32-bit Linux without a library: what compilers write for an i386, and what only it has. It prints the same on real hardware, where
 * `program.txt` was recorded, as under pebble ("exec", with this as its ramdisk).
 */
#include "program.h"

static void integers(void) {
  u32 hash = 2166136261u, a = 1, b = 1;
  for (u32 i = 0; i < 200000; i++) {
    hash = (hash ^ (i & 0xff)) * 16777619u;
    hash = hash << 7 | hash >> 25;
    if (hash & 0x10) a += hash % 1000;
    else b ^= hash / 3;
  }
  say("hash", hash);
  say("sums", a ^ b);
  u64 product = 1;
  for (u32 i = 0; i < 50000; i++) product = product * 6364136223846793005ull + 1442695040888963407ull + (product >> 33);
  say("64 bits, high", (u32)(product >> 32));
  say("64 bits, low", (u32)product);
  s64 shifted = (s64)product;
  for (u32 i = 0; i < 40; i += 3) shifted ^= shifted >> i | shifted << (i + 7);
  say("shifts", (u32)(shifted >> 32) ^ (u32)shifted);
}

static u32 fibonacci(u32 n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

static void sorting(void) {
  static u32 numbers[2000];
  u32 seed = 42;
  for (u32 i = 0; i < 2000; i++) numbers[i] = seed = seed * 1664525 + 1013904223;
  for (u32 gap = 1000; gap; gap /= 2)
    for (u32 i = gap; i < 2000; i++)
      for (u32 j = i; j >= gap && numbers[j - gap] > numbers[j]; j -= gap) {
        u32 other = numbers[j];
        numbers[j] = numbers[j - gap];
        numbers[j - gap] = other;
      }
  u32 sum = 0;
  for (u32 i = 0; i < 2000; i++) sum = sum * 31 + numbers[i];
  say("sorted", sum);
  say("recursion", fibonacci(20));
}

/* In x87 registers, as is usual here, and in SSE's. */
#define PLANETS(name, attributes)                                                                                                                              \
  attributes static void name(const char *what) {                                                                                                             \
    volatile double start = 0.5;                                                                                                                               \
    double x = start, y = 0.25, sum = 0;                                                                                                                       \
    for (int i = 1; i < 20000; i++) {                                                                                                                          \
      x = x * 1.0000001 + y / (double)i;                                                                                                                       \
      y = y * 0.999 + 1.0 / (x + 1.5);                                                                                                                         \
      sum += x * y - (double)(int)(y * 8);                                                                                                                     \
      float f = (float)sum;                                                                                                                                    \
      if (f > 1e4f) sum -= 5e3;                                                                                                                                \
    }                                                                                                                                                          \
    union { double d; u32 u[2]; } bits = {sum};                                                                                                                \
    say(what, bits.u[1]);                                                                                                                                      \
    say(what, bits.u[0]);                                                                                                                                      \
  }
PLANETS(with_x87, __attribute__((noinline)))
PLANETS(with_sse, __attribute__((noinline, target("sse2,fpmath=sse"))))

static void long_doubles(void) {
  volatile long double one = 1.0L, third = 3.0L;
  long double x = one / third, factorial = 1;
  for (int i = 1; i < 40; i++) factorial *= (long double)i, x += one / factorial;
  union { long double l; u32 u[4]; } bits = {.u = {0}};
  bits.l = x;
  say("long double, exponent", bits.u[2] & 0xffff);
  say("long double, high", bits.u[1]);
  say("long double, low", bits.u[0]);
}

static void strings(void) {
  static char from[5000], to[5000];
  for (u32 i = 0; i < sizeof from; i++) from[i] = (char)(i * 7 + i / 256);
  copy_backwards(to, from, sizeof to);
  u32 sum = 0;
  for (u32 i = 0; i < sizeof to; i++) sum = sum * 33 + (u8)to[i];
  say("copied backwards", sum);
  say("first difference", first_difference(from, to, sizeof to));
  to[4321] ^= 1;
  say("and now", first_difference(from, to, sizeof to));
  fill(to, 0x01020304, 1000);
  say("filled", (u32)(u8)to[3999] << 8 | (u8)to[4000]);
  say("length", length_of("how long is a string"));
}

static void segments(void) {
  static u32 block[5] = {0x11111111, 0x22222222, 0x33333333, 0x44444444, 0x55555555};
  struct user_desc area = {.entry_number = -1u, .base_addr = (u32)(block + 1), .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1, .useable = 1};
  say("set_thread_area", system_call(243, (u32)&area, 0, 0));
  u32 selector = area.entry_number * 8 + 3;
  say("through gs", load_gs(selector, 4));
  say("below its base", load_gs(selector, 0xfffffffcu));
  say("through es", load_es(selector, 8));
  say("a string through es", store_string_es(selector, 12, 0x55667788));
  say("is in the block", block[4]);
}

void program(u32 how) {
  write("a static i386 binary\n");
  integers();
  sorting();
  with_x87("x87");
  with_sse("sse");
  long_doubles();
  strings();
  say("decimal", decimal());
  say("ascii", ascii());
  say("pusha", all_registers());
  say("enter and leave", frames());
  say("loops", loops());
  say("far call and return", far_calls());
  say("iret", interrupt_return());
  say("sixteen-bit addresses", short_addresses());
  say("bound", bounds());
  segments();
  /* The same bytes are two instructions here and one there. */
  for (u32 i = 0; i < 3000; i++) {
    u32 expected = i * 2 + 1;
    if (run_as_32(i * 2) != expected || run_as_64(i * 2) != i * 2) say("wrong in turn", i);
  }
  say("in 32-bit code", run_as_32(5));
  say("in 64-bit code", run_as_64(5));
  say("of a 64-bit register", wide_product(0xdeadbeef, 0xcafebabe));
  write_by(how & 1, "this line came by sysenter\n");
  write_by(how & 2, "and this one by syscall\n");
  system_call(1, 7, 0, 0);
}
