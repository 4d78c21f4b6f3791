/*
 * The embedded trainer's algorithm in C: a multi-layer perceptron with tanh, mean squared error and Adam, for
 * `npm run bench:train`. One batch is BATCH samples side by side in TILES vectors; weights, moments and samples stay
 * where they are, and each block of four units keeps its sums in registers.
 *
 * Usage: mlp PROBLEM. The file holds, little endian: int32 layer count, widths, sample count; then float32 weights in
 * the order of Network.weights, inputs and targets row by row; then uint32 order of the samples. For each line with a
 * number of epochs on stdin it trains on from where it is and prints "SECONDS LOSS CPU_SECONDS", the loss being
 * the first epoch's.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LANES 16
#define TILES 4
#define BATCH (LANES * TILES)
#define BLOCK 4
#define MAX_LAYERS 16

typedef float vec __attribute__((vector_size(LANES * sizeof(float))));

/* Row u of a layer is vec[TILES]: unit u of all samples of the batch. */
typedef struct {
  int inputs, outputs;
  float *w, *dw;
  vec *x, *dx; /* inputs of the layer and dL/dx: (inputs, TILES) */
} Layer;

static const float learning_rate = 0.001f, beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-7f;

/* tanh as an odd rational function of degree 13 over 6, with Eigen's coefficients. */
static inline vec tanh_of(vec x) {
  const float limit = 7.90531110763549805f;
  vec z;
  for (int lane = 0; lane < LANES; lane++) z[lane] = fminf(fmaxf(x[lane], -limit), limit);
  vec z2 = z * z;
  vec p = z2 * -2.76076847742355e-16f + 2.00018790482477e-13f;
  p = p * z2 - 8.60467152213735e-11f;
  p = p * z2 + 5.12229709037114e-8f;
  p = p * z2 + 1.48572235717979e-5f;
  p = p * z2 + 6.37261928875436e-4f;
  p = p * z2 + 4.89352455891786e-3f;
  vec q = z2 * 1.19825839466702e-6f + 1.18534705686654e-4f;
  q = q * z2 + 2.268434632439e-3f;
  q = q * z2 + 4.89352518554385e-3f;
  return p * z / q;
}

/* y[o] = bias[o] + sum_i x[i] w[i,o] for `block` outputs from `o`. */
static inline __attribute__((always_inline)) void forward_block(const Layer *l, vec *y, int o, const int block) {
  const float *bias = l->w + l->inputs * l->outputs;
  vec sum[BLOCK][TILES];
  for (int b = 0; b < block; b++)
    for (int t = 0; t < TILES; t++) sum[b][t] = (vec){} + bias[o + b];
  for (int i = 0; i < l->inputs; i++) {
    const float *w = l->w + i * l->outputs + o;
    for (int b = 0; b < block; b++)
      for (int t = 0; t < TILES; t++) sum[b][t] += l->x[i * TILES + t] * w[b];
  }
  for (int b = 0; b < block; b++)
    for (int t = 0; t < TILES; t++) y[(o + b) * TILES + t] = sum[b][t];
}

static void forward(const Layer *l, vec *y) {
  int o = 0;
  for (; o + BLOCK <= l->outputs; o += BLOCK) forward_block(l, y, o, BLOCK);
  for (; o < l->outputs; o++) forward_block(l, y, o, 1);
}

/* dx[i] = sum_o dy[o] w[i,o] for `block` inputs from `i`. */
static inline __attribute__((always_inline)) void backward_block(const Layer *l, const vec *dy, int i, const int block) {
  vec sum[BLOCK][TILES] = {};
  for (int o = 0; o < l->outputs; o++)
    for (int b = 0; b < block; b++)
      for (int t = 0; t < TILES; t++) sum[b][t] += dy[o * TILES + t] * l->w[(i + b) * l->outputs + o];
  for (int b = 0; b < block; b++)
    for (int t = 0; t < TILES; t++) l->dx[(i + b) * TILES + t] = sum[b][t];
}

static void backward(const Layer *l, const vec *dy) {
  int i = 0;
  for (; i + BLOCK <= l->inputs; i += BLOCK) backward_block(l, dy, i, BLOCK);
  for (; i < l->inputs; i++) backward_block(l, dy, i, 1);
}

static inline float sum_of(vec v) {
  float sum = 0;
  for (int lane = 0; lane < LANES; lane++) sum += v[lane];
  return sum;
}

/* Adds the halves of each group of lanes, of a and of b, side by side. */
#define ADD_HALVES(a, b, low, high) \
  (__builtin_shufflevector(a, b, low) + __builtin_shufflevector(a, b, high))
#define LOW_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define HIGH_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#define LOW_4 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27
#define HIGH_4 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31
#define LOW_2 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29
#define HIGH_2 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31
#define LOW_1 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define HIGH_1 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31

/* Lane k of the result is the sum of the lanes of v[k]: a tree in which every addition uses all lanes. */
static inline vec sums_of(vec v[LANES]) {
  for (int k = 0; k < 8; k++) v[k] = ADD_HALVES(v[2 * k], v[2 * k + 1], LOW_8, HIGH_8);
  for (int k = 0; k < 4; k++) v[k] = ADD_HALVES(v[2 * k], v[2 * k + 1], LOW_4, HIGH_4);
  for (int k = 0; k < 2; k++) v[k] = ADD_HALVES(v[2 * k], v[2 * k + 1], LOW_2, HIGH_2);
  return ADD_HALVES(v[0], v[1], LOW_1, HIGH_1);
}

/* dw[i,o] = sum over the batch of x[i] dy[o], for `block` inputs from `i`. */
static inline __attribute__((always_inline)) void gradient_block(const Layer *l, const vec *dy, int i, const int block) {
  for (int o = 0; o < l->outputs; o += 4) {
    const int valid = l->outputs - o < 4 ? l->outputs - o : 4;
    vec sum[LANES] = {};
    for (int t = 0; t < TILES; t++)
      for (int b = 0; b < block; b++)
        for (int k = 0; k < 4; k++) sum[4 * b + k] += l->x[(i + b) * TILES + t] * dy[(o + k) * TILES + t];
    vec total = sums_of(sum);
    for (int b = 0; b < block; b++)
      memcpy(l->dw + (i + b) * l->outputs + o, (float *)&total + 4 * b, valid * sizeof(float));
  }
}

static void gradients(const Layer *l, const vec *dy) {
  int i = 0;
  for (; i + BLOCK <= l->inputs; i += BLOCK) gradient_block(l, dy, i, BLOCK);
  for (; i < l->inputs; i++) gradient_block(l, dy, i, 1);
  float *dbias = l->dw + l->inputs * l->outputs;
  for (int o = 0; o < l->outputs; o++) {
    vec sum = {};
    for (int t = 0; t < TILES; t++) sum += dy[o * TILES + t];
    dbias[o] = sum_of(sum);
  }
}

static void adam(float *restrict w, const float *restrict g, float *restrict m, float *restrict v, int count, int step) {
  const float first = 1 - powf(beta1, step), second = 1 / (1 - powf(beta2, step));
  const float rate = learning_rate / first;
  for (int k = 0; k < count; k++) {
    m[k] = beta1 * m[k] + (1 - beta1) * g[k];
    v[k] = beta2 * v[k] + (1 - beta2) * g[k] * g[k];
    w[k] -= rate * m[k] / (sqrtf(v[k] * second) + epsilon);
  }
}

/* Copies rows of `width` values into the columns of a batch, a vector at a time: one row at a time is twice as slow. */
static void gather(const float *rows, const uint32_t *order, int width, vec *to) {
  for (int t = 0; t < TILES; t++, order += LANES) {
    const float *row[LANES];
    for (int lane = 0; lane < LANES; lane++) row[lane] = rows + (size_t)order[lane] * width;
    for (int u = 0; u < width; u++) {
      vec column;
      for (int lane = 0; lane < LANES; lane++) column[lane] = row[lane][u];
      to[u * TILES + t] = column;
    }
  }
}

static void *cleared(size_t bytes) {
  void *memory = aligned_alloc(64, (bytes + 127) / 64 * 64);
  if (!memory) exit(1);
  return memset(memory, 0, (bytes + 127) / 64 * 64);
}

static void *read_array(FILE *file, size_t count) {
  void *values = cleared(count * 4);
  if (fread(values, 4, count, file) != count) {
    fprintf(stderr, "The problem file is too short.\n");
    exit(1);
  }
  return values;
}

static double now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (!file) {
    fprintf(stderr, "Usage: mlp PROBLEM\n");
    return 1;
  }
  int32_t count = *(int32_t *)read_array(file, 1);
  int32_t *widths = read_array(file, count);
  int32_t samples = *(int32_t *)read_array(file, 1);
  if (samples % BATCH) {
    fprintf(stderr, "The number of samples must be a multiple of %d.\n", BATCH);
    return 1;
  }
  int layers = count - 1, parameters = 0;
  if (layers > MAX_LAYERS) {
    fprintf(stderr, "There may be %d layers at most.\n", MAX_LAYERS);
    return 1;
  }
  for (int l = 0; l < layers; l++) parameters += (widths[l] + 1) * widths[l + 1];
  float *weights = read_array(file, parameters);
  float *inputs = read_array(file, (size_t)samples * widths[0]);
  float *targets = read_array(file, (size_t)samples * widths[layers]);
  uint32_t *order = read_array(file, samples);

  float *dw = cleared(parameters * 4), *m = cleared(parameters * 4), *v = cleared(parameters * 4);
  Layer layer[MAX_LAYERS];
  float *w = weights, *g = dw;
  for (int l = 0; l < layers; l++) {
    /* Three rows more than units: gradient_block reads four at a time. */
    size_t bytes = (widths[l] + 3) * BATCH * sizeof(float);
    layer[l] = (Layer){widths[l], widths[l + 1], w, g, cleared(bytes), cleared(bytes)};
    w += (widths[l] + 1) * widths[l + 1];
    g += (widths[l] + 1) * widths[l + 1];
  }
  int outputs = widths[layers];
  vec *y = cleared((outputs + 3) * BATCH * sizeof(float)), *dy = cleared((outputs + 3) * BATCH * sizeof(float));
  vec *target = cleared(outputs * BATCH * sizeof(float));
  int step = 0, epochs;
  while (scanf("%d", &epochs) == 1) {
    const double start = now(CLOCK_MONOTONIC), cpu_start = now(CLOCK_PROCESS_CPUTIME_ID);
    double first = 0;
    for (int epoch = 0; epoch < epochs; epoch++) {
      double loss = 0;
      for (int s = 0; s < samples; s += BATCH) {
        gather(inputs, order + s, widths[0], layer[0].x);
        gather(targets, order + s, outputs, target);
        for (int l = 0; l < layers; l++) {
          vec *to = l + 1 < layers ? layer[l + 1].x : y;
          forward(&layer[l], to);
          if (l + 1 < layers)
            for (int k = 0; k < layer[l].outputs * TILES; k++) to[k] = tanh_of(to[k]);
        }
        vec squares = {};
        for (int k = 0; k < outputs * TILES; k++) {
          vec difference = y[k] - target[k];
          squares += difference * difference;
          dy[k] = difference * (2.0f / (outputs * BATCH));
        }
        loss += sum_of(squares) / outputs;
        for (int l = layers - 1; l >= 0; l--) {
          vec *from = l + 1 < layers ? layer[l + 1].dx : dy;
          gradients(&layer[l], from);
          if (l == 0) break;
          backward(&layer[l], from);
          for (int k = 0; k < layer[l].inputs * TILES; k++) layer[l].dx[k] *= 1 - layer[l].x[k] * layer[l].x[k];
        }
        adam(weights, dw, m, v, parameters, ++step);
      }
      if (epoch == 0) first = loss / samples;
    }
    const double seconds = now(CLOCK_MONOTONIC) - start, cpu_seconds = now(CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
    printf("%.9f %.9f %.9f\n", seconds, first, cpu_seconds);
    fflush(stdout);
  }
  return 0;
}
