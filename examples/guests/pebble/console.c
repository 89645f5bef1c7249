/* The console ring: domain 0 fills `in` and empties `out`; indices run freely and are masked on access. */
#include "pebble.h"

static struct console_ring *ring;
static bool hopeless; /* nobody empties the ring: whatever we have to say is lost */

struct console_ring *console_page(void) { return ring; }

void console_init(void) {
  ring = va_of(start_info->console_mfn);
}

static void wait_for_room(void) {
  u32 port = start_info->console_evtchn;
  struct sched_poll poll = {.ports = (u64)&port, .nr_ports = 1, .timeout = now_ns() + 100 * MILLISECOND};
  sched_op(SCHEDOP_poll, &poll);
}

static void put(char c) {
  u32 produced = ring->out_prod, tries = 0;
  while (produced - READ_ONCE(ring->out_cons) >= sizeof ring->out) {
    if (hopeless || ++tries > 100) {
      hopeless = true;
      return;
    }
    notify(start_info->console_evtchn);
    wait_for_room();
  }
  hopeless = false;
  ring->out[produced % sizeof ring->out] = c;
  barrier();
  WRITE_ONCE(ring->out_prod, produced + 1);
}

void console_write(const char *bytes, u64 n) {
  for (u64 i = 0; i < n; i++) {
    if (bytes[i] == '\n') put('\r');
    put(bytes[i]);
  }
  notify(start_info->console_evtchn);
}

/* Our last words must be read before the domain goes, and the ring with it. */
void console_drain(void) {
  for (u32 tries = 0; tries < 20 && READ_ONCE(ring->out_cons) != ring->out_prod; tries++) wait_for_room();
}

int console_key(void) {
  u32 consumed = ring->in_cons;
  if (consumed == READ_ONCE(ring->in_prod)) return -1;
  barrier();
  int key = (u8)ring->in[consumed % sizeof ring->in];
  full_barrier();
  WRITE_ONCE(ring->in_cons, consumed + 1);
  if ((consumed + 1) % 64 == 0 || consumed + 1 == READ_ONCE(ring->in_prod)) notify(start_info->console_evtchn);
  return key;
}

bool console_interrupted(void) {
  bool interrupted = false;
  for (int key; (key = console_key()) >= 0;)
    if (key == 3) interrupted = true;
  return interrupted;
}
