/*
 * The most multiply-adds that one core does: ten independent chains, so that latency is hidden. LANES numbers a vector.
 *
 *   for n in 4 8 16; do cc -O3 -march=native -ffast-math -DLANES=$n peak.c -o peak && ./peak; done
 */
#include <stdio.h>
#include <time.h>

typedef float vec __attribute__((vector_size(LANES * sizeof(float))));

#define CHAINS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9)
#define START(k) vec chain##k = (vec){} + (float)k;
/* The empty statement keeps each result in a register of its own. */
#define STEP(k)                        \
  chain##k = chain##k * scale + shift; \
  __asm__ volatile("" : "+v"(chain##k));

static double cpu_seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(void) {
  const int steps = 10000000, chains = 10;
  const vec scale = (vec){} + 1.0000001f, shift = (vec){} + 1e-9f;
  double best = 1e9;
  CHAINS(START)
  for (int round = 0; round < 15; round++) {
    const double start = cpu_seconds();
    for (int step = 0; step < steps; step++) { CHAINS(STEP) }
    const double seconds = cpu_seconds() - start;
    if (seconds < best) best = seconds;
  }
  printf("%d bits: %.1f GFLOP/s\n", LANES * 32, 2.0 * LANES * chains * steps / best / 1e9);
  return 0;
}
