/** The same networks as C, compiled for this machine: what generated code is measured against. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { normalizationEpsilon } from '../../engine/nn/cnn/layers.ts';
import { cnnTemplate, type Normalization } from '../../engine/nn/cnn/template.ts';
import type { CnnNetwork, Network } from '../../engine/types.ts';

/** Others may be given on the command line, for example `-O3 -msse4.1` for vectors as wide as WebAssembly's. */
export const compilerFlags = process.argv.length > 2 ? process.argv.slice(2) : ['-O3', '-march=native'];

export interface NativeTimes {
  /** Nanoseconds per call, and per row of a batch. */
  readonly single: number;
  readonly batch: number;
  /** The outputs for the row 0, 0.1, 0.2 and so on, to see that it is the same network. */
  readonly outputs: readonly number[];
}

/** Throws an Error with the compiler's words where there is none. */
export function timeNative(folder: string, source: string): NativeTimes {
  const [file, program] = [join(folder, 'network.c'), join(folder, 'network')];
  writeFileSync(file, source);
  const compiled = spawnSync('cc', [...compilerFlags, file, '-o', program, '-lm'], { encoding: 'utf8' });
  if (compiled.status !== 0) throw new Error(`C was not compiled: ${compiled.stderr ?? compiled.error?.message}`);
  const { stdout } = spawnSync(program, { encoding: 'utf8' });
  const [single, batch, ...outputs] = stdout.trim().split(/\s+/).map(Number);
  return { single: single!, batch: batch!, outputs };
}

const list = (values: ArrayLike<number>): string =>
  Array.from(values, (value) => `${value}f`.replace(/^(-?\d+)f$/, '$1.0f')).join(',');

/** Rational tanh as in the generated code, which is several times as fast as the C library's. */
const tanhText = `static inline float tanh_of(float v) {
  float z = v < -8.4f ? -8.4f : v > 8.4f ? 8.4f : v, s = z * z;
  float p = (((1.42880414e-8f * s + 2.12518686e-5f) * s + 0.00353356419f) * s + 0.134126885f) * s + 0.999999951f;
  float q = (((8.14896265e-7f * s + 0.000334846403f) * s + 0.0260204716f) * s + 0.467460022f) * s + 1.0f;
  return z * p / q;
}`;

const activationText = (activation: string): string => {
  if (activation !== 'tanh' && activation !== 'relu') throw new RangeError(`No C for ${activation}.`);
  return activation === 'tanh' ? 'tanh_of(v)' : '(v > 0 ? v : 0)';
};

const head = `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
${tanhText}
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e9 + t.tv_nsec; }
`;

/** Sixty rounds of both, of which the median counts. `rows` is a whole number of blocks. */
const main = (inputs: number, outputs: number, rows: number, calls: number) => `
static float xs[${rows} * ${inputs}], ys[${rows} * ${outputs}];
static int ascending(const void *a, const void *b) { double d = *(const double *)a - *(const double *)b; return (d > 0) - (d < 0); }
int main(void) {
  double all[2][60];
  for (int k = 0; k < ${rows} * ${inputs}; k++) xs[k] = 0.1f * (k % 10);
  for (int round = 0; round < 60; round++) {
    double times[2], start = now();
    for (int call = 0; call < ${calls}; call++) {
      net(xs + (call % ${rows}) * ${inputs}, ys);
      __asm__ volatile("" ::: "memory");
    }
    times[0] = (now() - start) / ${calls};
    int passes = ${calls} / ${rows} > 0 ? ${calls} / ${rows} : 1;
    start = now();
    for (int pass = 0; pass < passes; pass++) { batch(xs, ys); __asm__ volatile("" ::: "memory"); }
    times[1] = (now() - start) / passes / ${rows};
    for (int k = 0; k < 2; k++) all[k][round] = times[k];
  }
  for (int k = 0; k < 2; k++) qsort(all[k], 60, sizeof(double), ascending);
  printf("%g %g", all[0][30], all[1][30]);
  net(xs, ys);
  for (int o = 0; o < ${outputs}; o++) printf(" %g", ys[o]);
}
`;

/** Samples of the batch that go through a layer together, one per lane of a vector. */
const block = 128;

export function perceptronC({ topology, weights }: Network, rows: number, calls: number): string {
  const { widths, activation } = topology;
  const code = activationText(activation);
  let at = 0;
  const arrays: string[] = [];
  const single: string[] = [];
  const blocks: string[] = [];
  widths.slice(1).forEach((outputs, layer) => {
    const inputs = widths[layer]!;
    arrays.push(`static const float w${layer}[] = {${list(weights.subarray(at, at + (inputs + 1) * outputs))}};`);
    at += (inputs + 1) * outputs;
    const last = layer === widths.length - 2;
    const [from, to] = [layer === 0 ? 'x' : `h${layer}`, last ? 'y' : `h${layer + 1}`];
    const bias = inputs * outputs;
    const mapped = (value: string) => (last ? '' : `{ float v = ${value}; ${value} = ${code}; }`);
    single.push(
      last ? '' : `float ${to}[${outputs}];`,
      `for (int o = 0; o < ${outputs}; o++) ${to}[o] = w${layer}[${bias} + o];`,
      `for (int i = 0; i < ${inputs}; i++) for (int o = 0; o < ${outputs}; o++) ${to}[o] += ${from}[i] * w${layer}[i * ${outputs} + o];`,
      last ? '' : `for (int o = 0; o < ${outputs}; o++) ${mapped(`${to}[o]`)}`,
    );
    blocks.push(
      `for (int o = 0; o < ${outputs}; o++) {`,
      `  float *restrict sum = b${layer + 1}[o];`,
      `  for (int s = 0; s < ${block}; s++) sum[s] = w${layer}[${bias} + o];`,
      `  for (int i = 0; i < ${inputs}; i++) for (int s = 0; s < ${block}; s++) sum[s] += b${layer}[i][s] * w${layer}[i * ${outputs} + o];`,
      last ? '' : `  for (int s = 0; s < ${block}; s++) ${mapped('sum[s]')}`,
      '}',
    );
  });
  const [inputs, outputs] = [widths[0]!, widths.at(-1)!];
  return `${head}
${arrays.join('\n')}
static __attribute__((noinline)) void net(const float *restrict x, float *restrict y) {
  ${single.filter(Boolean).join('\n  ')}
}
${widths.map((width, layer) => `static float b${layer}[${width}][${block}];`).join('\n')}
static __attribute__((noinline)) void batch(const float *restrict x, float *restrict y) {
  for (int start = 0; start < ${rows}; start += ${block}) {
    for (int s = 0; s < ${block}; s++) for (int i = 0; i < ${inputs}; i++) b0[i][s] = x[(start + s) * ${inputs} + i];
    ${blocks.filter(Boolean).join('\n    ')}
    for (int s = 0; s < ${block}; s++) for (int o = 0; o < ${outputs}; o++) y[(start + s) * ${outputs} + o] = b${widths.length - 1}[o][s];
  }
}
${main(inputs, outputs, rows, calls)}`;
}

/** Plain loops with the filters innermost, which the compiler turns into vectors; the batch is one image after the other. */
export function cnnC({ topology, weights, statistics }: CnnNetwork, rows: number, calls: number): string {
  const { blocks, convolutions, head: dense } = cnnTemplate(topology);
  if (convolutions.some(({ kind }) => kind === 'bottleneck')) throw new RangeError('No C for bottlenecks.');
  const code = activationText(topology.activation);
  const arrays: string[] = [];
  const steps: string[] = [];
  const table = (name: string, { channels, gamma, beta, mean, variance }: Normalization) => {
    const scales = Array.from(
      { length: channels },
      (_, c) => weights[gamma + c]! / Math.sqrt(statistics[variance + c]! + normalizationEpsilon),
    );
    const shifts = scales.map((scale, c) => weights[beta + c]! - scale * statistics[mean + c]!);
    arrays.push(
      `static const float ${name}a[] = {${list(Float32Array.from(scales))}}, ${name}b[] = {${list(Float32Array.from(shifts))}};`,
    );
  };
  convolutions.forEach((step, index) => {
    const { kernel, channels, filters, block: own, firstChannel } = step;
    const from = step.kind === 'transition' ? own - 1 : own;
    const source = step.kind === 'initial' ? { ...topology, channels } : blocks[from]!;
    const target = blocks[own]!;
    const m = (kernel - 1) / 2;
    const pad = source.width + 2 * m;
    arrays.push(
      `static const float w${index}[] = {${list(weights.subarray(step.weights, step.weights + kernel * kernel * channels * filters))}};`,
    );
    const values = step.kind === 'initial' ? 'x' : `m${from}`;
    const read = `${values}[(r * ${source.width} + q) * ${source.channels} + c]`;
    if (step.kind !== 'initial') table(`n${index}`, step.normalization);
    const value = step.kind === 'initial' ? read : `n${index}a[c] * ${read} + n${index}b[c]`;
    const kept = step.kind === 'initial' ? 'v' : code;
    if (m > 0) steps.push(`memset(scratch, 0, sizeof(float) * ${(source.height + 2 * m) * pad * channels});`);
    steps.push(
      `for (int r = 0; r < ${source.height}; r++) for (int q = 0; q < ${source.width}; q++) for (int c = 0; c < ${channels}; c++) { float v = ${value}; scratch[((r + ${m}) * ${pad} + q + ${m}) * ${channels} + c] = ${kept}; }`,
    );
    if (step.kind === 'transition') {
      const at = (dy: number, dx: number) =>
        `scratch[((2 * r + ${dy}) * ${source.width} + 2 * q + ${dx}) * ${channels} + c]`;
      steps.push(
        `for (int r = 0; r < ${target.height}; r++) for (int q = 0; q < ${target.width}; q++) for (int c = 0; c < ${channels}; c++) scratch[(r * ${target.width} + q) * ${channels} + c] = 0.25f * (${at(0, 0)} + ${at(0, 1)} + ${at(1, 0)} + ${at(1, 1)});`,
      );
    }
    const width = step.kind === 'transition' ? target.width : pad;
    steps.push(
      `for (int r = 0; r < ${target.height}; r++) for (int q = 0; q < ${target.width}; q++) {`,
      `  float sum[${filters}] = {0};`,
      `  for (int ky = 0; ky < ${kernel}; ky++) {`,
      `    const float *row = scratch + ((r + ky) * ${width} + q) * ${channels}, *w = w${index} + ky * ${kernel * channels * filters};`,
      `    for (int k = 0; k < ${kernel * channels}; k++) for (int f = 0; f < ${filters}; f++) sum[f] += row[k] * w[k * ${filters} + f];`,
      '  }',
      `  for (int f = 0; f < ${filters}; f++) m${own}[(r * ${target.width} + q) * ${target.channels} + ${firstChannel} + f] = sum[f];`,
      '}',
    );
  });
  const last = blocks.at(-1)!;
  table('nh', dense.normalization);
  const { channels } = dense.normalization;
  arrays.push(`static const float wh[] = {${list(weights.subarray(dense.weights))}};`);
  const [inputs, outputs] = [topology.height * topology.width * topology.channels, topology.outputs];
  return `${head}
${arrays.join('\n')}
${blocks.map(({ height, width, channels: c }, index) => `static float m${index}[${height * width * c}];`).join('\n')}
static float scratch[${(topology.height + 4) * (topology.width + 4) * Math.max(...blocks.map((each) => each.channels))}];
static __attribute__((noinline)) void net(const float *restrict x, float *restrict y) {
  ${steps.join('\n  ')}
  for (int o = 0; o < ${outputs}; o++) y[o] = wh[${channels * outputs} + o];
  for (int c = 0; c < ${channels}; c++) {
    float best = -1e30f;
    for (int p = 0; p < ${last.height * last.width}; p++) { float v = nha[c] * m${blocks.length - 1}[p * ${last.channels} + c] + nhb[c]; v = ${code}; best = v > best ? v : best; }
    for (int o = 0; o < ${outputs}; o++) y[o] += best * wh[c * ${outputs} + o];
  }
}
static void batch(const float *x, float *y) { for (int s = 0; s < ${rows}; s++) net(x + s * ${inputs}, y + s * ${outputs}); }
${main(inputs, outputs, rows, calls)}`;
}
