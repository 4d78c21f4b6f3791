/** A Linux user-space driver in C99, which is C++ too, for the circuit behind its AXI4-Lite registers. */
import type { Encoding } from '../../types.ts';
import { commentText } from '../text.ts';
import type { Core } from './core.ts';
import { double, enterLines, leaveLines } from './driverValues.ts';
import { registers, windowBytes } from './registers.ts';

export interface DriverInput {
  readonly name: string;
  readonly core: Core;
  readonly encoding: Encoding;
  /** What the raw inputs and outputs are called, for comments. */
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
}

const listed = (names: readonly string[]): string => {
  const shown = names.slice(0, 16).map((name, index) => ` *   [${index}] ${commentText(name)}`);
  return [...shown, ...(names.length > 16 ? [` *   and ${names.length - 16} more`] : [])].join('\n');
};

export function driverHeader({ name, core, encoding, inputNames, outputNames }: DriverInput): string {
  const upper = name.toUpperCase();
  return `#ifndef ${upper}_DRIVER_H
#define ${upper}_DRIVER_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ${upper}_INPUTS = ${encoding.inputs.length}, ${upper}_OUTPUTS = ${encoding.outputs.length} };
/* Integers that the circuit takes and gives. */
enum { ${upper}_INPUT_WORDS = ${core.shape.inputs}, ${upper}_OUTPUT_WORDS = ${core.shape.outputs} };
enum { ${upper}_REGISTER_BYTES = ${4 * windowBytes(core.shape)} };

typedef struct ${name}_device {
  volatile uint8_t *registers;
  size_t mapped;
  int file;
} ${name}_device;

typedef enum ${name}_status {
  ${upper}_OK = 0,
  ${upper}_NO_DEVICE,
  ${upper}_OTHER_NETWORK,
  ${upper}_TIMEOUT,
  ${upper}_BAD_INPUT
} ${name}_status;

/*
 * path: "/dev/uio0" (offset 0), or "/dev/mem" with the physical address of the registers as offset, a multiple of the page
 * size. Checks that the device holds this very network. The device is unusable unless the answer is ${upper}_OK.
 */
${name}_status ${name}_open(${name}_device *device, const char *path, uint64_t offset);
void ${name}_close(${name}_device *device);

/*
 * One result from raw values. inputs:
${listed(inputNames)}
 * outputs:
${listed(outputNames)}
 * Booleans are 0 or 1, categories the number of their value. Numbers outside the network's range saturate; NaN, and a
 * category that does not exist, are ${upper}_BAD_INPUT.
 */
${name}_status ${name}_run(${name}_device *device, const double *inputs, double *outputs);

/* The same in the circuit's own integers. */
${name}_status ${name}_run_integers(${name}_device *device, const int16_t *inputs, int16_t *outputs);

/* Clocks that the last result took, from start to last output. */
uint32_t ${name}_clocks(${name}_device *device);

/* One sentence with the next step. */
const char *${name}_explain(${name}_status status);

#ifdef __cplusplus
}
#endif
#endif
`;
}

export function driverSource(input: DriverInput): string {
  const { name, core } = input;
  const upper = name.toUpperCase();
  const window = windowBytes(core.shape);
  const hex = (value: number) => `0x${value.toString(16)}u`;
  return `#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64
#include "${name}_driver.h"
#include <fcntl.h>
#include <math.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Whoever simulates the device defines both. */
#ifndef ${upper}_READ
#define ${upper}_READ(device, offset) (*(volatile uint32_t *)((device)->registers + (offset)))
#define ${upper}_WRITE(device, offset, value) (*(volatile uint32_t *)((device)->registers + (offset)) = (value))
#endif
/* A result takes ${core.interval} clocks. */
#ifndef ${upper}_TIMEOUT_SECONDS
#define ${upper}_TIMEOUT_SECONDS ${double(Math.max(1, Math.ceil(core.interval / slowestClockRate)))}
#endif

enum { CONTROL = ${registers.control}, FINGERPRINT = ${registers.fingerprint}, SHAPE = ${registers.shape}, CLOCKS = ${registers.clocks}, INPUT = ${window}, OUTPUT = ${2 * window} };
enum { BUSY = 1, DONE = 2 };
static const uint32_t fingerprint = ${hex(core.fingerprint)};
static const double timeout_seconds = ${upper}_TIMEOUT_SECONDS;

${name}_status ${name}_open(${name}_device *device, const char *path, uint64_t offset) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  device->registers = NULL;
  device->mapped = (${upper}_REGISTER_BYTES + page - 1) / page * page;
  device->file = open(path, O_RDWR | O_SYNC);
  if (device->file < 0) return ${upper}_NO_DEVICE;
  void *registers = mmap(NULL, device->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, device->file, (off_t)offset);
  if (registers == MAP_FAILED) {
    ${name}_close(device);
    return ${upper}_NO_DEVICE;
  }
  device->registers = (volatile uint8_t *)registers;
  const uint32_t shape = (uint32_t)${upper}_INPUT_WORDS << 16 | (uint32_t)${upper}_OUTPUT_WORDS;
  if (${upper}_READ(device, FINGERPRINT) != fingerprint || ${upper}_READ(device, SHAPE) != shape) {
    ${name}_close(device);
    return ${upper}_OTHER_NETWORK;
  }
  return ${upper}_OK;
}

void ${name}_close(${name}_device *device) {
  if (device->registers) munmap((void *)(uintptr_t)device->registers, device->mapped);
  if (device->file >= 0) close(device->file);
  device->registers = NULL;
  device->file = -1;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

${name}_status ${name}_run_integers(${name}_device *device, const int16_t *inputs, int16_t *outputs) {
  for (int i = 0; i < ${upper}_INPUT_WORDS; i++) ${upper}_WRITE(device, INPUT + 4 * i, (uint16_t)inputs[i]);
  ${upper}_WRITE(device, CONTROL, 1);
  const double deadline = now() + timeout_seconds;
  while ((${upper}_READ(device, CONTROL) & (BUSY | DONE)) != DONE) {
    if (now() > deadline) return ${upper}_TIMEOUT;
  }
  for (int o = 0; o < ${upper}_OUTPUT_WORDS; o++) outputs[o] = (int16_t)${upper}_READ(device, OUTPUT + 4 * o);
  return ${upper}_OK;
}

/* floor((value - offset) * factor + 1/2), saturated. */
static int16_t enter(double value, double offset, double factor) {
  const double integer = floor((value - offset) * factor + 0.5);
  return (int16_t)(integer < -32768 ? -32768 : integer > 32767 ? 32767 : integer);
}

${name}_status ${name}_run(${name}_device *device, const double *inputs, double *outputs) {
  int16_t in[${upper}_INPUT_WORDS], out[${upper}_OUTPUT_WORDS];
${enterLines(input).join('\n')}
  const ${name}_status status = ${name}_run_integers(device, in, out);
  if (status != ${upper}_OK) return status;
${leaveLines(input).join('\n')}
  return ${upper}_OK;
}

uint32_t ${name}_clocks(${name}_device *device) { return ${upper}_READ(device, CLOCKS); }

const char *${name}_explain(${name}_status status) {
  switch (status) {
    case ${upper}_OK:
      return "no error";
    case ${upper}_NO_DEVICE:
      return "The device cannot be opened or mapped. Load the bitstream, see that /dev/uio* exists (or give /dev/mem and "
             "the address of the registers), and that you may read and write it.";
    case ${upper}_OTHER_NETWORK:
      return "The device answers with another fingerprint. Load the bitstream that was built from these files, and check the "
             "address.";
    case ${upper}_TIMEOUT:
      return "The device did not finish in time. Check its clock and its reset, then load the bitstream again.";
    case ${upper}_BAD_INPUT:
      return "An input is not a number, or names a category that does not exist.";
  }
  return "unknown status";
}
`;
}

/** Hertz: a device that takes longer than at this rate does not answer at all. */
const slowestClockRate = 1e6;
