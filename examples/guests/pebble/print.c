/* printf of the poor: %s %c %d %u %x %lu %ld %lx %%, a width, a leading zero, a minus. */
#include "pebble.h"

typedef __builtin_va_list va_list;
struct sink { char *at, *end; u64 wanted; };

static void put(struct sink *sink, char c) {
  sink->wanted++;
  if (sink->at < sink->end) *sink->at++ = c;
}

static void put_padded(struct sink *sink, const char *text, u64 length, u64 width, bool left, char pad) {
  u64 fill = width > length ? width - length : 0;
  if (!left) while (fill) put(sink, pad), fill--;
  for (u64 i = 0; i < length; i++) put(sink, text[i]);
  while (fill) put(sink, ' '), fill--;
}

static u64 digits(char *end, u64 value, u64 base) {
  char *at = end;
  do *--at = "0123456789abcdef"[value % base];
  while (value /= base);
  return (u64)(end - at);
}

static u64 format_list(char *buffer, u64 size, const char *f, va_list args) {
  struct sink sink = {buffer, buffer + size - 1, 0};
  for (; *f; f++) {
    if (*f != '%') {
      put(&sink, *f);
      continue;
    }
    bool left = false, wide = false;
    char pad = ' ';
    u64 width = 0;
    if (*++f == '-') left = true, f++;
    if (*f == '0') pad = '0', f++;
    while (*f >= '0' && *f <= '9') width = width * 10 + (u64)(*f++ - '0');
    if (*f == 'l') wide = true, f++;
    char text[24], *end = text + sizeof text;
    if (*f == 's') {
      const char *s = __builtin_va_arg(args, const char *);
      put_padded(&sink, s, strlen(s), width, left, ' ');
    } else if (*f == 'c') {
      put(&sink, (char)__builtin_va_arg(args, int));
    } else if (*f == 'd') {
      s64 v = wide ? __builtin_va_arg(args, s64) : __builtin_va_arg(args, s32);
      u64 n = digits(end, v < 0 ? -(u64)v : (u64)v, 10);
      if (v < 0) end[-(s64)++n] = '-';
      put_padded(&sink, end - n, n, width, left, pad);
    } else if (*f == 'u' || *f == 'x') {
      u64 v = wide ? __builtin_va_arg(args, u64) : __builtin_va_arg(args, u32);
      u64 n = digits(end, v, *f == 'u' ? 10 : 16);
      put_padded(&sink, end - n, n, width, left, pad);
    } else {
      put(&sink, *f);
    }
  }
  *sink.at = 0;
  return (u64)(sink.at - buffer);
}

u64 format(char *buffer, u64 size, const char *f, ...) {
  va_list args;
  __builtin_va_start(args, f);
  u64 n = format_list(buffer, size, f, args);
  __builtin_va_end(args);
  return n;
}

void print(const char *f, ...) {
  char line[512];
  va_list args;
  __builtin_va_start(args, f);
  u64 n = format_list(line, sizeof line, f, args);
  __builtin_va_end(args);
  console_write(line, n);
}
