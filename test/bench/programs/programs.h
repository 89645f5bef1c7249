/* The workloads of the processor benchmark: the same sources run on the bare machine, under qemu, and inside a guest. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct program {
  const char *name;
  uint64_t (*run)(uint64_t turns); /* a checksum, the same everywhere */
};
extern const struct program programs[];

uint64_t integer_loop(uint64_t turns);
uint64_t memory_walk(uint64_t turns);
uint64_t hash(uint64_t turns);
uint64_t sort(uint64_t turns);
uint64_t byte_code(uint64_t turns);
uint64_t parser(uint64_t turns);
uint64_t string_sort(uint64_t turns);
uint64_t recursion(uint64_t turns);
uint64_t matrix(uint64_t turns);
uint64_t n_body(uint64_t turns);
uint64_t mandelbrot(uint64_t turns);
uint64_t string_search(uint64_t turns);
uint64_t churn(uint64_t turns); /* code that is written and run; its checksum goes on from run to run */

static inline uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}
