#include "programs.h"

/* Tokens of a little language, told apart by branches. */
uint64_t parser(uint64_t turns) {
  static char text[16384];
  static const char *const words[] = {"let x = 42;", "if (a<b) { c += 0x1f; }", "\"a string\\n\"", "// comment\n", "fn foo(a, b)", " 3.14159 ", "[1,2,3]", "\t\n "};
  uint64_t state = 1234567;
  size_t length = 0;
  while (length < sizeof text - 64)
    for (const char *w = words[next_random(&state) >> 33 & 7]; *w; w++) text[length++] = *w;
  text[length] = 0;
  uint64_t sum = 0;
  for (uint64_t turn = 0; turn < turns; turn++) {
    for (const char *at = text; *at;) {
      char c = *at;
      if (c == ' ' || c == '\t' || c == '\n') at++;
      else if ((c >= 'a' && c <= 'z') || c == '_') {
        uint32_t h = 0;
        while ((*at >= 'a' && *at <= 'z') || *at == '_' || (*at >= '0' && *at <= '9')) h = h * 31 + *at++;
        sum += h;
      } else if (c >= '0' && c <= '9') {
        uint64_t value = 0;
        if (c == '0' && at[1] == 'x') {
          for (at += 2;; at++) {
            if (*at >= '0' && *at <= '9') value = value * 16 + (*at - '0');
            else if (*at >= 'a' && *at <= 'f') value = value * 16 + (*at - 'a' + 10);
            else break;
          }
        } else {
          while ((*at >= '0' && *at <= '9') || *at == '.') {
            if (*at != '.') value = value * 10 + (*at - '0');
            at++;
          }
        }
        sum ^= value;
      } else if (c == '"') {
        at++;
        while (*at && *at != '"') at += *at == '\\' ? 2 : 1;
        if (*at) at++;
        sum += 3;
      } else if (c == '/' && at[1] == '/') {
        while (*at && *at != '\n') at++;
      } else {
        switch (c) {
          case '(': case '[': case '{': sum += 7; break;
          case ')': case ']': case '}': sum -= 5; break;
          case '<': case '=': case '+': sum = sum << 1 | sum >> 63; break;
          default: sum++;
        }
        at++;
      }
    }
  }
  return sum;
}

static int compare(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return (uint8_t)*a - (uint8_t)*b;
}

static void sort_strings(const char **first, const char **last) {
  while (last - first > 8) {
    const char *pivot = first[(last - first) / 2], **low = first, **high = last - 1;
    for (;;) {
      while (compare(*low, pivot) < 0) low++;
      while (compare(pivot, *high) < 0) high--;
      if (low > high) break;
      const char *t = *low;
      *low++ = *high;
      *high-- = t;
      if (low > high) break;
    }
    sort_strings(first, high + 1);
    first = low;
  }
  for (const char **i = first + 1; i < last; i++) {
    const char *s = *i, **j = i;
    for (; j > first && compare(s, j[-1]) < 0; j--) *j = j[-1];
    *j = s;
  }
}

uint64_t string_sort(uint64_t turns) {
  static char letters[4000][12];
  static const char *names[4000];
  uint64_t state = 42, sum = 0;
  for (uint64_t turn = 0; turn < turns; turn++) {
    for (size_t i = 0; i < 4000; i++) {
      uint64_t r = next_random(&state);
      size_t length = 3 + (r & 7);
      for (size_t j = 0; j < length; j++, r >>= 5) letters[i][j] = 'a' + (r >> 3 & 15);
      letters[i][length] = 0;
      names[i] = letters[i];
    }
    sort_strings(names, names + 4000);
    sum = sum * 31 + names[turn % 4000][0] * 256u + names[turn % 4000][1];
  }
  return sum;
}

static __attribute__((noinline)) uint64_t fibonacci(uint64_t n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
static __attribute__((noinline)) uint64_t ackermann(uint64_t m, uint64_t n) {
  return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

uint64_t recursion(uint64_t turns) {
  uint64_t sum = 0;
  for (uint64_t turn = 0; turn < turns; turn++) sum += fibonacci(18) + ackermann(2, 30 + turn % 3);
  return sum;
}
