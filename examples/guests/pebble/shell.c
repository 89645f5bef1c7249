/* The prompt: a line editor, a table of commands, and the jobs that the kernel command line asks for. */
#include "pebble.h"

#define MAX_WORDS 4
struct command {
  const char *name, *arguments, *summary;
  void (*run)(int count, char **words); /* words[0] is the name */
};
extern const struct command commands[];

static char line[128];
static u64 length;
static bool after_cr;
static enum { TEXT, ESCAPE, SEQUENCE } keys;

void shell_init(void) { length = 0; }

static void usage(const char *name) {
  for (const struct command *c = commands; c->name; c++)
    if (same(c->name, name)) print("usage: %s %s\n", c->name, c->arguments);
}

static void help(int count, char **words) {
  (void)count, (void)words;
  for (const struct command *c = commands; c->name; c++) print("  %-9s%-24s%s\n", c->name, c->arguments, c->summary);
}

static void seconds(const char *what, u64 ns) { print("%s %lu.%03lu s", what, ns / SECOND, ns / MILLISECOND % 1000); }

static void uptime(int count, char **words) {
  (void)count, (void)words;
  u64 now = now_ns();
  seconds("up", now - boot_ns);
  seconds(", machine", now);
  print(", wall clock %lu\n", ((u64)shared_info->wc_sec_hi << 32 | shared_info->wc_sec) + now / SECOND);
}

static void mem(int count, char **words) {
  (void)count, (void)words;
  extern const char image_end[];
  u16 self = DOMID_SELF;
  s64 maximum = hypercall(HC_memory_op, XENMEM_maximum_reservation, &self);
  s64 reserved = hypercall(HC_memory_op, XENMEM_current_reservation, &self);
  print("%lu KiB given at boot, %lu KiB now (the hypervisor says %ld KiB, at most %ld KiB)\n", start_info->nr_pages * 4, balloon_pages() * 4,
        reserved * 4, maximum * 4);
  print("kernel %lu KiB, page tables %lu KiB, free %lu KiB\n", ((u64)image_end - VIRT_BASE) / 1024, start_info->nr_pt_frames * 4, pages_left() * 4);
}

static void vcpus(int count, char **words) {
  (void)count, (void)words;
  for (u32 id = 0; id < cpu_count; id++) {
    struct vcpu_runstate_info state = {};
    vcpu_op(VCPUOP_get_runstate_info, id, &state);
    print("vCPU %u %s", id, cpus[id] && cpus[id]->online ? "online " : "offline");
    seconds(" running", state.time[0]);
    seconds(", runnable", state.time[1]);
    seconds(", blocked", state.time[2]);
    print("\n");
  }
}

static void show_value(const char *label, const char *path) {
  static char value[2049];
  if (xenstore_read(0, path, value, sizeof value) < 0) print("%s: %s\n", label, xenstore_error);
  else print("%s = \"%s\"\n", label, value);
}

static void xenstore(int count, char **words) {
  static char names[4097], path[512];
  char own[32] = "";
  if (count < 2) {
    if (xenstore_read(0, "domid", own, sizeof own) < 0) return print("domid: %s\n", xenstore_error);
    format(path, sizeof path, "/local/domain/%s", own);
  } else {
    format(path, sizeof path, "%s", words[1]);
  }
  if (count > 2) {
    if (xenstore_write(0, path, words[2]) < 0) print("%s: %s\n", path, xenstore_error);
    return;
  }
  s32 n = xenstore_directory(path, names, sizeof names);
  if (n < 0) return print("%s: %s\n", path, xenstore_error);
  show_value(path, path);
  for (const char *name = names; name < names + n; name += strlen(name) + 1) {
    char child[640];
    format(child, sizeof child, "%s%s%s", path, same(path, "/") ? "" : "/", name);
    print("  ");
    show_value(name, child);
  }
}

static void burn_command(int count, char **words) {
  u64 duration = 0, percent = 100;
  if ((count > 1 && !parse_u64(words[1], &duration)) || (count > 2 && !parse_u64(words[2], &percent)) || percent < 1 || percent > 100 ||
      duration > 1000000)
    return usage(words[0]);
  burn(duration, percent);
}

static void store_wildly(u64 address, u64 b) {
  (void)b;
  *(volatile u32 *)address = 1;
}

static void crash(int count, char **words) {
  const char *how = count > 1 ? words[1] : "write";
  if (same(how, "write")) {
    print("pebble: crashing on purpose: a store to nowhere\n");
    store_wildly(0xdead0000, 0);
  } else if (same(how, "ud2")) {
    print("pebble: crashing on purpose: ud2 without a handler\n");
    hypercall(HC_set_trap_table, NULL);
    __asm__ volatile("ud2");
  }
  usage(words[0]);
}

static void halt(int count, char **words) {
  (void)count, (void)words;
  print("pebble: powering off\n");
  shutdown(SHUTDOWN_poweroff);
}

static void reboot(int count, char **words) {
  (void)count, (void)words;
  print("pebble: rebooting\n");
  shutdown(SHUTDOWN_reboot);
}

static void echo(int count, char **words) {
  for (int i = 1; i < count; i++) print("%s%s", words[i], i + 1 < count ? " " : "");
  print("\n");
}

static void selftest_command(int count, char **words) {
  (void)count, (void)words;
  selftest();
}

static void exec(int count, char **words) {
  (void)count, (void)words;
  program();
}

static void hostile_command(int count, char **words) {
  if (count != 2) return usage(words[0]);
  hostile(words[1]);
}

#ifdef BENCH
void bench_command(int count, char **words); /* test/bench/programs */
#endif

const struct command commands[] = {
  {"help", "", "this list", help},
  {"uptime", "", "time since boot, machine time, wall clock", uptime},
  {"mem", "", "memory, as we and the hypervisor count it", mem},
  {"vcpus", "", "virtual processors and what they spent their time on", vcpus},
  {"xenstore", "[PATH [VALUE]]", "read a node and what is below it, or write it", xenstore},
  {"ls", "[PATH]", "the same, for reading", xenstore},
  {"burn", "[SECONDS] [PERCENT]", "work on all vCPUs (Ctrl-C stops it)", burn_command},
  {"echo", "TEXT", "say it again", echo},
  {"exec", "", "run the 32-bit program in the ramdisk", exec},
  {"selftest", "", "check the hypervisor's interface", selftest_command},
  {"hostile", "NAME", "misbehave: jump ptwrite badptr ring loop nostack deepfault spin", hostile_command},
  {"crash", "[write|ud2]", "die", crash},
  {"reboot", "", "start again", reboot},
  {"halt", "", "power off", halt},
#ifdef BENCH
  {"bench", "NAME MS", "run a workload", bench_command},
#endif
  {},
};

void run_command(char *text) {
  char *words[MAX_WORDS] = {};
  int count = 0;
  for (u64 n = strlen(text); n && text[n - 1] == ' ';) text[--n] = 0;
  while (*text) {
    while (*text == ' ') *text++ = 0;
    if (!*text) break;
    words[count++] = text;
    if (count == MAX_WORDS) break; /* the last word takes the rest */
    while (*text && *text != ' ') text++;
  }
  if (!count) return;
  for (const struct command *c = commands; c->name; c++)
    if (same(c->name, words[0])) return c->run(count, words);
  print("%s: unknown command, try help\n", words[0]);
}

/* "run=burn:5:50,halt" on the kernel command line: commands, their words joined by colons, one after the other. */
void run_jobs(const char *command_line) {
  const char *at = command_line;
  while (*at && !starts_with(at, "run=")) {
    while (*at && *at != ' ') at++;
    while (*at == ' ') at++;
  }
  if (!*at) return;
  at += strlen("run=");
  while (*at && *at != ' ') {
    char job[sizeof line];
    u64 n = 0;
    for (; *at && *at != ' ' && *at != ','; at++)
      if (n < sizeof job - 1) job[n++] = *at == ':' ? ' ' : *at;
    job[n] = 0;
    if (*at == ',') at++;
    run_command(job);
    service();
  }
}

static void erase(u64 count) {
  for (; count && length; count--, length--) print("\b \b");
}

static void new_prompt(void) {
  length = 0;
  print("pebble> ");
}

void shell_key(int key) {
  bool line_feed_of_crlf = key == '\n' && after_cr;
  after_cr = key == '\r';
  if (line_feed_of_crlf) return;
  if (keys == ESCAPE) {
    keys = key == '[' || key == 'O' ? SEQUENCE : TEXT;
  } else if (keys == SEQUENCE) {
    if (key >= '@' && key <= '~') keys = TEXT; /* arrows and the like: not for us */
  } else if (key == 27) {
    keys = ESCAPE;
  } else if (key == '\r' || key == '\n') {
    line[length] = 0;
    length = 0;
    print("\n");
    run_command(line);
    new_prompt();
  } else if (key == 3) {
    print("^C\n");
    new_prompt();
  } else if (key == 21) {
    erase(length);
  } else if (key == 8 || key == 127) {
    erase(1);
  } else if (key >= ' ' && key < 127 && length < sizeof line - 1) {
    line[length++] = (char)key;
    print("%c", key);
  }
}
