#include "selftest.h"

static const char *subject;
static u32 passed, failed;
u8 test_page[PAGE_SIZE] __attribute__((aligned(4096), section(".bss.page_aligned")));

void about(const char *name) { subject = name; }

static void print_value(u64 value) {
  if ((s64)value > -4096 && (s64)value < 4096) print("%ld", (s64)value);
  else print("0x%lx", value);
}

void check(const char *name, u64 got, u64 want) {
  if (got == want) {
    passed++;
    print("ok %s: %s\n", subject, name);
    return;
  }
  failed++;
  print("FAIL %s: %s got ", subject, name);
  print_value(got);
  print(" want ");
  print_value(want);
  print("\n");
}

void check_name(const char *name, const char *got, const char *want) {
  if (same(got, want)) return check(name, 0, 0);
  failed++;
  print("FAIL %s: %s got %s want %s\n", subject, name, got, want);
}

void check_that(const char *name, bool holds) { check(name, holds, true); }

bool selftest(void) {
  passed = failed = 0;
  test_traps();
  test_privileged();
  test_segments();
  test_hypercalls();
  test_bad_pointers();
  test_events();
  test_page_tables();
  test_reservation();
  test_grants();
  test_user();
  test_xenstore();
  print("selftest: %u ok, %u failed\n", passed, failed);
  return failed == 0;
}
