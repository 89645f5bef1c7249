/* What the files of the kernel offer one another. */
#pragma once
#include "hypercall.h"

/* What entry.S leaves on the stack. Bits 32-39 of cs are the upcall mask at the time of the trap. */
struct frame {
  u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
  u64 vector, error, rip, cs, rflags, rsp, ss;
};
enum { VECTOR_EVENT = 0x100, VECTOR_SYSCALL = 0x101, VECTOR_FAILSAFE = 0x102, VECTOR_SYSCALL32 = 0x103, VECTOR_SYSENTER = 0x104, VECTOR_EXIT = 0x105 };

/* A vCPU's own data; its GS base points here. */
enum { EVENT_CONSOLE = 1, EVENT_XENSTORE = 2, EVENT_TIMER = 4, EVENT_IPI = 8 };
struct percpu {
  struct percpu *self;
  u32 id;
  u32 ipi_port, timer_port;
  u32 pending; /* EVENT_* that came and nobody has taken yet */
  struct vcpu_info *info;
  void *stack_top;
  bool online, leave; /* leave: VCPUOP_down is wanted */
  bool burning;
  u64 iterations;
  u64 *table; /* what burn works on */
};
static inline struct percpu *current(void) {
  struct percpu *cpu;
  __asm__("movq %%gs:0, %0" : "=r"(cpu));
  return cpu;
}

/* main.c */
extern struct start_info *start_info;
extern struct shared_info *shared_info;
void service(void); /* what the outside wants: watches that fired; call it often from whatever runs long */

/* string.c */
void *memcpy(void *to, const void *from, u64 n);
void *memset(void *to, int byte, u64 n);
u64 strlen(const char *s);
bool same(const char *a, const char *b);
bool starts_with(const char *s, const char *prefix);
bool parse_u64(const char *s, u64 *value);

/* print.c */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
u64 format(char *buffer, u64 size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* console.c */
struct console_ring *console_page(void);
void console_init(void);
void console_write(const char *bytes, u64 n);
void console_drain(void);
int console_key(void); /* -1: none */
bool console_interrupted(void); /* Ctrl-C came; other keys that wait are thrown away */

/* events.c */
void events_init(void);
void events_attach(u32 port, u32 event);
void events_upcall(void);
void events_mask(void);
void events_unmask(void);
u32 wait_events(u32 wanted, u64 deadline_ns); /* deadline 0: none. Returns and takes those that came, 0 at the deadline */
void notify(u32 port);

/* time.c */
extern u64 boot_ns;
u64 now_ns(void);
void sleep_until(u64 deadline_ns);

/* memory.c */
void memory_init(void *first_free);
void *pages_alloc(u64 count); /* zeroed and contiguous; NULL when there are none */
void pages_free(void *pages, u64 count);
u64 pages_left(void);
u64 mfn_of(const void *va);
void *va_of(u64 mfn);
bool pte_of(const void *va, u64 *machine_address, u64 *value);
void *map_machine(void *window, u64 mfn); /* maps the frame in place of the page at `window`, for good */
u64 balloon_pages(void);
void balloon_to(u64 pages);
#define PTE_P 1ul
#define PTE_RW 2ul
#define PTE_US 4ul
#define PTE_A 32ul
#define PTE_D 64ul
#define PTE_PS 128ul
#define PTE_NX (1ul << 63)
#define PTE_FRAME 0x000ffffffffff000ul
#define PTE_DATA (PTE_P | PTE_RW | PTE_A | PTE_D)
#define PTE_READONLY (PTE_P | PTE_A)

/* traps.c */
extern struct frame caught;
extern u64 caught_cr2;
void traps_init(void);
const struct trap_info *trap_table(void);
bool attempt(void (*code)(u64, u64), u64 a, u64 b); /* true: a trap ended it, its frame is in `caught` */
void panic(const char *why, const struct frame *frame) __attribute__((noreturn));
void shutdown(u32 reason) __attribute__((noreturn));
void event_entry(void), syscall_entry(void), failsafe_entry(void), syscall32_entry(void), sysenter_entry(void);
void enter_user(u64 rip, u64 rsp) __attribute__((noreturn));

/* xenbus.c: the functions give a length or 0, or -1 and a name in xenstore_error. */
extern const char *xenstore_error;
void xenbus_init(void);
s32 xenstore_read(u32 transaction, const char *path, char *value, u64 size);
s32 xenstore_directory(const char *path, char *names, u64 size); /* each name ends with a zero byte */
s32 xenstore_write(u32 transaction, const char *path, const char *value);
s32 xenstore_remove(u32 transaction, const char *path);
s32 xenstore_watch(const char *path, u32 token);
s32 xenstore_unwatch(const char *path, u32 token);
s32 xenstore_begin(u32 *transaction);
s32 xenstore_end(u32 transaction, bool commit);
u32 xenstore_fired(void); /* bit n: the watch with token n fired since the last call */
struct xenstore_ring *xenstore_page(void);

/* control.c */
void control_init(void);
void control_service(void);

/* smp.c */
#define MAX_VCPUS LEGACY_MAX_VCPUS
extern struct percpu *cpus[MAX_VCPUS];
extern u32 cpu_count; /* that exist, online or not */
void percpu_init(struct percpu *cpu, u32 id, void *stack_top);
u32 count_vcpus(void);
u32 online_vcpus(void);
void smp_init(void);
void smp_set_online(u32 id, bool online);
void secondary_main(struct percpu *cpu);

/* burn.c */
void burn(u64 seconds, u64 percent); /* 0 seconds: until Ctrl-C */
void burn_join(void);                /* a secondary vCPU takes part, if there is one going on */

/* shell.c */
void shell_init(void);
void shell_key(int key);
void run_command(char *line);
void run_jobs(const char *command_line);

/* program.c */
void program(void); /* runs the 32-bit program in the ramdisk */
bool program_trap(struct frame *frame);
void enter_program(u64 eip, u64 esp, u64 ebp) __attribute__((noreturn));

/* selftest.c, hostile.c */
bool selftest(void);
void hostile(const char *name);
