/* xenstore as a guest sees it: its own corner, errors by name, watches, transactions. */
#include "selftest.h"

static void check_error(const char *name, s32 result, const char *want) { check_name(name, result < 0 ? xenstore_error : "no error", want); }

void test_xenstore(void) {
  char value[64];
  u32 t, u;
  about("xenstore");
  check("write", (u64)xenstore_write(0, "data/pebble", "one"), 3);
  check("read", (u64)xenstore_read(0, "data/pebble", value, sizeof value), 3);
  check_that("what was written", same(value, "one"));
  check_that("directory", xenstore_directory("data", value, sizeof value) > 0 && same(value, "pebble"));
  check_error("what is not there", xenstore_read(0, "data/nothing", value, sizeof value), "ENOENT");
  check_error("domain 0's name is not ours to write", xenstore_write(0, "/local/domain/0/name", "x"), "EACCES");
  check_error("a bad path", xenstore_read(0, "data//pebble", value, sizeof value), "EINVAL");

  xenstore_fired();
  check("watch", (u64)xenstore_watch("data/pebble", 9), 3);
  u64 patience = now_ns() + SECOND;
  u32 fired = 0;
  while (!(fired |= xenstore_fired()) && now_ns() < patience) wait_events(EVENT_XENSTORE, patience);
  check("fires once when it is set", fired >> 9 & 1, 1);
  check_error("the same watch twice", xenstore_watch("data/pebble", 9), "EEXIST");
  xenstore_write(0, "data/pebble", "two");
  for (fired = 0; !(fired |= xenstore_fired()) && now_ns() < patience;) wait_events(EVENT_XENSTORE, patience);
  check("fires when the node changes", fired >> 9 & 1, 1);

  check("unwatch", (u64)xenstore_unwatch("data/pebble", 9), 3);
  check_error("unwatch twice", xenstore_unwatch("data/pebble", 9), "ENOENT");

  check("a transaction begins", (u64)xenstore_begin(&t), 0);
  xenstore_write(t, "data/pebble", "three");
  xenstore_read(0, "data/pebble", value, sizeof value);
  check_that("its writes are not seen outside", same(value, "two"));
  xenstore_read(t, "data/pebble", value, sizeof value);
  check_that("but inside", same(value, "three"));
  check("abort", (u64)xenstore_end(t, false), 3);
  xenstore_read(0, "data/pebble", value, sizeof value);
  check_that("leaves all as it was", same(value, "two"));

  xenstore_begin(&u);
  xenstore_read(u, "data/pebble", value, sizeof value);
  xenstore_write(u, "data/pebble", "four");
  xenstore_write(0, "data/pebble", "five");
  check_error("a conflict", xenstore_end(u, true), "EAGAIN");
  xenstore_begin(&u);
  xenstore_write(u, "data/pebble", "six");
  check("commit", (u64)xenstore_end(u, true), 3);
  xenstore_read(0, "data/pebble", value, sizeof value);
  check_that("is seen by all", same(value, "six"));
  check_error("a transaction that is over", xenstore_write(u, "data/pebble", "x"), "ENOENT");
  check("remove", (u64)xenstore_remove(0, "data/pebble"), 3);
  check_error("is gone", xenstore_read(0, "data/pebble", value, sizeof value), "ENOENT");
}
