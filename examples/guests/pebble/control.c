/* What the toolstack asks of us by xenstore: shut down, change the memory, plug or unplug a vCPU. */
#include "pebble.h"

enum { WATCH_SHUTDOWN, WATCH_TARGET, WATCH_CPU };
#define BIT(n) (1u << (n))

static void obey_availability(bool at_boot) {
  for (u32 id = 1; id < cpu_count; id++) {
    char path[32], value[16];
    format(path, sizeof path, "cpu/%u/availability", id);
    if (xenstore_read(0, path, value, sizeof value) > 0) smp_set_online(id, same(value, "online"));
    else if (at_boot) smp_set_online(id, true); /* nobody says anything else */
  }
}

void control_init(void) {
  obey_availability(true);
  xenstore_write(0, "control/feature-poweroff", "1");
  xenstore_write(0, "control/feature-reboot", "1");
  xenstore_watch("control/shutdown", WATCH_SHUTDOWN);
  xenstore_watch("memory/target", WATCH_TARGET);
  xenstore_watch("cpu", WATCH_CPU);
}

/* Reads the request and takes it away in one transaction, so that a second request cannot be lost. */
static bool take_request(char *request, u64 size) {
  for (;;) {
    u32 transaction;
    if (xenstore_begin(&transaction) < 0) return false;
    s32 length = xenstore_read(transaction, "control/shutdown", request, size);
    if (length > 0) xenstore_write(transaction, "control/shutdown", "");
    if (xenstore_end(transaction, length > 0) >= 0) return length > 0;
    if (!same(xenstore_error, "EAGAIN")) return false;
  }
}

static void obey_shutdown(void) {
  char request[32];
  if (!take_request(request, sizeof request)) return;
  if (same(request, "poweroff") || same(request, "halt")) {
    print("\npebble: powering off\n");
    shutdown(SHUTDOWN_poweroff);
  } else if (same(request, "reboot")) {
    print("\npebble: rebooting\n");
    shutdown(SHUTDOWN_reboot);
  }
  print("\npebble: refused to %s: not supported\n", request);
}

static void obey_target(void) {
  char kib[24];
  u64 target;
  if (xenstore_read(0, "memory/target", kib, sizeof kib) > 0 && parse_u64(kib, &target)) balloon_to(target / 4);
}

void control_service(void) {
  for (u32 fired; (fired = xenstore_fired());) {
    if (fired & BIT(WATCH_SHUTDOWN)) obey_shutdown();
    if (fired & BIT(WATCH_TARGET)) obey_target();
    if (fired & BIT(WATCH_CPU)) obey_availability(false);
  }
}
