/* What entry.S and program.c offer one another. Arguments are on the stack, as everywhere on an i386. */
#pragma once
typedef unsigned char u8;
typedef unsigned u32;
typedef unsigned long long u64;
typedef long long s64;

struct user_desc {
  u32 entry_number, base_addr, limit;
  u32 seg_32bit : 1, contents : 2, read_exec_only : 1, limit_in_pages : 1, seg_not_present : 1, useable : 1;
};

u32 system_call(u32 number, u32 a, u32 b, u32 c);
u32 sysenter_call(u32 number, u32 a, u32 b, u32 c);
u32 syscall_call(u32 number, u32 a, u32 b, u32 c);

void copy_backwards(char *to, const char *from, u32 count);
u32 first_difference(const char *a, const char *b, u32 count);
void fill(void *to, u32 value, u32 count);
u32 length_of(const char *text);
u32 decimal(void), ascii(void), all_registers(void), frames(void), loops(void), far_calls(void), interrupt_return(void), short_addresses(void),
  bounds(void);
u32 load_gs(u32 selector, u32 offset), load_es(u32 selector, u32 offset), store_string_es(u32 selector, u32 offset, u32 value);
u32 run_as_32(u32 value), run_as_64(u32 value), wide_product(u32 a, u32 b);

static inline void write(const char *text) { system_call(4, 1, (u32)text, length_of(text)); }

static inline void say(const char *what, u32 value) {
  char line[64];
  u32 n = 0;
  while (*what) line[n++] = *what++;
  line[n++] = ' ';
  for (int shift = 28; shift >= 0; shift -= 4) line[n++] = "0123456789abcdef"[value >> shift & 15];
  line[n++] = '\n';
  system_call(4, 1, (u32)line, n);
}

/* how: 1 SYSENTER, 2 SYSCALL, if the kernel told us at the start that it serves them in the way of entry.S; 0 INT. */
static inline void write_by(u32 how, const char *text) {
  (how == 1 ? sysenter_call : how == 2 ? syscall_call : system_call)(4, 1, (u32)text, length_of(text));
}
