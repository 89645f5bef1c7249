/* From the first instruction to the prompt. */
#include "pebble.h"

struct start_info *start_info;
struct shared_info *shared_info;
static struct percpu boot_cpu;
extern u8 boot_stack[];
/* Its own frame is given up: the hypervisor's shared page is mapped here. */
static u8 shared_window[PAGE_SIZE] __attribute__((aligned(4096), section(".bss.page_aligned")));

static void banner(void) {
  s64 version = hypercall(HC_xen_version, XENVER_version, NULL);
  print("pebble 1.0 on Xen %ld.%ld, %u vCPU%s, %lu MiB\n", version >> 16, version & 0xffff, cpu_count, cpu_count == 1 ? "" : "s",
        start_info->nr_pages / 256);
}

void service(void) { control_service(); }

static void run(void) {
  shell_init();
  run_jobs(start_info->cmd_line);
  print("pebble> ");
  for (;;) {
    service();
    for (int key; (key = console_key()) >= 0;) shell_key(key);
    wait_events(EVENT_CONSOLE | EVENT_XENSTORE, 0);
  }
}

void boot(struct start_info *info, void *first_free) {
  start_info = info;
  shared_info = (struct shared_info *)shared_window;
  update_va_mapping(shared_window, info->shared_info | PTE_DATA, UVMF_INVLPG);
  percpu_init(&boot_cpu, 0, boot_stack + 4 * PAGE_SIZE);
  hypercall(HC_set_segment_base, SEGBASE_GS_KERNEL, &boot_cpu);
  memory_init(first_free);
  traps_init();
  hypercall(HC_stack_switch, FLAT_SS, boot_cpu.stack_top);
  events_init();
  console_init();
  boot_ns = now_ns();
  cpu_count = count_vcpus();
  banner();
  smp_init();
  events_attach(info->console_evtchn, EVENT_CONSOLE);
  events_unmask();
  xenbus_init();
  control_init();
  run();
}
