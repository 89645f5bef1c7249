#include "programs.h"
#include <emmintrin.h>

static uint64_t bits(double value) {
  uint64_t u;
  __builtin_memcpy(&u, &value, 8);
  return u;
}

uint64_t matrix(uint64_t turns) {
  enum { N = 96 };
  static double a[N][N], b[N][N], c[N][N];
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = i * 0.5 - j, b[i][j] = 1.0 / (i + j + 1);
  double trace = 0;
  for (uint64_t turn = 0; turn < turns; turn++) {
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < N; j++) c[i][j] = 0;
      for (int k = 0; k < N; k++)
        for (int j = 0; j < N; j++) c[i][j] += a[i][k] * b[k][j];
    }
    for (int i = 0; i < N; i++) trace += c[i][i];
  }
  return bits(trace);
}

uint64_t n_body(uint64_t turns) {
  struct body { double x, y, z, vx, vy, vz, mass; };
  struct body bodies[5] = {
    {0, 0, 0, 0, 0, 0, 39.47},
    {4.84, -1.16, -.10, .606, 2.81, -.02, .0376},
    {8.34, 4.12, -4e-1, -1.01, 1.82, .008, .0112},
    {12.8, -15.1, -.22, 1.08, .868, -.01, .0017},
    {15.3, -25.9, .179, .979, .594, -.034, .002},
  };
  for (uint64_t step = 0; step < turns * 100; step++) {
    for (int i = 0; i < 5; i++)
      for (int j = i + 1; j < 5; j++) {
        double dx = bodies[i].x - bodies[j].x, dy = bodies[i].y - bodies[j].y, dz = bodies[i].z - bodies[j].z;
        double d2 = dx * dx + dy * dy + dz * dz;
        double magnitude = 0.001 / (d2 * __builtin_sqrt(d2));
        bodies[i].vx -= dx * bodies[j].mass * magnitude, bodies[j].vx += dx * bodies[i].mass * magnitude;
        bodies[i].vy -= dy * bodies[j].mass * magnitude, bodies[j].vy += dy * bodies[i].mass * magnitude;
        bodies[i].vz -= dz * bodies[j].mass * magnitude, bodies[j].vz += dz * bodies[i].mass * magnitude;
      }
    for (int i = 0; i < 5; i++) bodies[i].x += 0.001 * bodies[i].vx, bodies[i].y += 0.001 * bodies[i].vy, bodies[i].z += 0.001 * bodies[i].vz;
  }
  return bits(bodies[0].x + bodies[1].y + bodies[2].z);
}

uint64_t mandelbrot(uint64_t turns) {
  uint64_t inside = 0;
  for (uint64_t turn = 0; turn < turns; turn++)
    for (int py = 0; py < 32; py++)
      for (int px = 0; px < 48; px++) {
        double cx = px / 24.0 - 1.5 + turn * 1e-9, cy = py / 16.0 - 1, x = 0, y = 0;
        int n = 0;
        while (n < 100 && x * x + y * y < 4) {
          double t = x * x - y * y + cx;
          y = 2 * x * y + cy;
          x = t;
          n++;
        }
        inside += n;
      }
  return inside;
}

uint64_t string_search(uint64_t turns) {
  static char text[32768 + 16];
  uint64_t state = 99, found = 0;
  for (size_t i = 0; i < 32768; i++) text[i] = 'a' + (next_random(&state) >> 40) % 23;
  const __m128i first = _mm_set1_epi8('q'), second = _mm_set1_epi8('t');
  for (uint64_t turn = 0; turn < turns; turn++)
    for (size_t i = 0; i < 32752; i += 16) {
      __m128i a = _mm_loadu_si128((const __m128i *)(text + i)), b = _mm_loadu_si128((const __m128i *)(text + i + 1));
      uint32_t mask = _mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, second)));
      while (mask) {
        found = found * 31 + i + __builtin_ctz(mask);
        mask &= mask - 1;
      }
    }
  return found;
}
