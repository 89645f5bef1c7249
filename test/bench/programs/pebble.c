/* The same as linux.c, as a command of pebble's. Only this vCPU computes with SSE, and no event handler does: nothing is to be saved. */
#include "../../../examples/guests/pebble/pebble.h"
#include "programs.h"

void bench_command(int count, char **words);
void bench_command(int count, char **words) {
  u64 wanted = 300;
  if (count < 2 || (count > 2 && !parse_u64(words[2], &wanted))) return;
  wanted *= MILLISECOND;
  hypercall(HC_fpu_taskswitch, 0);
  for (const struct program *p = programs; p->name; p++) {
    if (!same(p->name, words[1])) continue;
    u64 checksum = p->run(10), turns = 1, took = 0;
    while (took < wanted) {
      u64 start = now_ns();
      p->run(turns);
      took = now_ns() - start;
      if (took < wanted) turns = took < wanted / 10 ? turns * 8 : turns * (wanted / 1000) / (took / 1000) + turns / 10 + 1;
    }
    print("%s %lu turns in %lu ns, checksum %016lx\n", p->name, turns, took, checksum);
  }
}
