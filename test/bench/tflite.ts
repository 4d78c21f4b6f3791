/**
 * The test error of `.tflite` files on MNIST, loaded whole by TensorFlow Lite's C library: a perceptron and a convolutional
 * network, in float32 and in 8-bit integers. Run with `npm run bench:tflite`; needs the data set and, for ARM, QEMU.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spreadRows } from '../../engine/data/subset.ts';
import { floatTflite } from '../../engine/emit/tflite/float.ts';
import { int8Tflite } from '../../engine/emit/tflite/integers.ts';
import { isCnnNetwork } from '../../engine/nn/models.ts';
import { calibrate } from '../../engine/quantise/calibrate.ts';
import { calibrateCnn } from '../../engine/quantise/cnn/calibrate.ts';
import { quantiseCnnInt8 } from '../../engine/quantise/cnn/int8.ts';
import { runQuantisedCnn } from '../../engine/quantise/cnn/quantise.ts';
import { enterColumns } from '../../engine/quantise/grid.ts';
import { quantiseInt8 } from '../../engine/quantise/int8.ts';
import { runQuantised } from '../../engine/quantise/quantise.ts';
import type { AnyNetwork, EncodedSamples, Encoding } from '../../engine/types.ts';
import {
  buildRunners,
  floatsOf,
  installTflite,
  integersOf,
  runTflite,
  tfliteRuntimes,
} from '../server/tfliteRuntime.ts';
import { cnnSubject, errorOf, mlpSubject, type Subject } from './mnistSubjects.ts';

const folder = mkdtempSync(join(tmpdir(), 'deepmaker-tflite-'));
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** An int8 network, its inputs for rows, and what its interpreter answers. */
function inIntegers(network: AnyNetwork, calibration: EncodedSamples, rows: EncodedSamples) {
  if (isCnnNetwork(network)) {
    const own = quantiseCnnInt8(network, calibrateCnn(network, calibration.inputs, calibration.count));
    const inputs = enterColumns(rows.inputs, own.input);
    return { own, inputs, outputs: runQuantisedCnn(own, inputs, rows.count) };
  }
  const own = quantiseInt8(network, calibrate(network, calibration.inputs, calibration.count));
  const inputs = enterColumns(rows.inputs, own.input);
  return { own, inputs, outputs: runQuantised(own, inputs, rows.count) };
}

/** Columns as they are. */
function plainEncoding(columns: number, outputs: number): Encoding {
  const slots = (count: number) =>
    Array.from({ length: count }, (_, column) => ({ kind: 'number', column, offset: 0, scale: 1 }) as const);
  return {
    inputs: slots(columns),
    outputs: slots(outputs),
    inputColumns: columns,
    outputColumns: outputs,
    loss: 'mse',
  };
}

async function report<N extends AnyNetwork>(subject: Subject<N>, epochs: number): Promise<void> {
  const { train, test } = subject.data;
  const network = await subject.train(subject.fresh(1), epochs, 1);
  const float = floatTflite(subject.name, network, plainEncoding(test.inputs.length / test.count, 10));
  const { own, inputs, outputs } = inIntegers(network, spreadRows(train, 300), test);
  const integer = int8Tflite(subject.name, own);
  console.log(`\n${subject.name}, ${test.count} test images, seed 1`);
  console.log('| | file, bytes | test error | integers that are the interpreter’s |\n| --- | ---: | ---: | ---: |');
  const line = (name: string, bytes: string, values: ArrayLike<number>, same = '') =>
    console.log(`| ${name} | ${bytes} | ${percent(errorOf(Float32Array.from(values), test))} | ${same} |`);
  line('float32, emitted code', '', subject.predict(network));
  line('int8, interpreter', '', outputs);
  for (const runtime of tfliteRuntimes) {
    // Under QEMU XNNPACK takes longer than ten minutes for so many convolutions.
    if (isCnnNetwork(network) && runtime.processor === '64-bit ARM' && runtime.kernels === 'XNNPACK') continue;
    const name = `${runtime.processor}, ${runtime.kernels}`;
    const jobs = [
      { model: float, rows: test.inputs },
      { model: integer, rows: Int8Array.from(inputs) },
    ];
    const [floats, bytes] = (await runTflite(folder, runtime, jobs)) as [Buffer, Buffer];
    line(`float32, ${name}`, String(float.length), floatsOf(floats));
    const integers = integersOf(bytes);
    const same = integers.reduce((count, value, k) => count + (value === outputs[k] ? 1 : 0), 0);
    line(`int8, ${name}`, String(integer.length), integers, percent(same / integers.length));
  }
}

try {
  await buildRunners(folder, await installTflite(console.log));
  await report(mlpSubject(), 20);
  await report(cnnSubject(), 12);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
