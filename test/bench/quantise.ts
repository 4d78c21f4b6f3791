/**
 * What integers cost on MNIST: test errors of a perceptron and of a convolutional network in single precision, in 8-bit
 * integers and in 16-bit fixed point, the latter by the interpreters that generated code is compared with.
 * `npm run bench:quantise`.
 */

import { spreadRows } from '../../engine/data/subset.ts';
import { isCnnNetwork, parametersOf } from '../../engine/nn/models.ts';
import { calibrate } from '../../engine/quantise/calibrate.ts';
import { calibrateCnn } from '../../engine/quantise/cnn/calibrate.ts';
import { quantiseCnn, quantisedCnnBytes, runQuantisedCnn } from '../../engine/quantise/cnn/quantise.ts';
import { enterColumns, leave } from '../../engine/quantise/grid.ts';
import {
  float32Bytes,
  integerFormats,
  quantise,
  quantisedBytes,
  runQuantised,
} from '../../engine/quantise/quantise.ts';
import type { AnyNetwork, EncodedSamples } from '../../engine/types.ts';
import { cnnSubject, errorOf, mlpSubject, type Subject, seeds } from './mnistSubjects.ts';

/** Bytes, and linear outputs of the rows, for each format. */
function inIntegers(network: AnyNetwork, train: EncodedSamples, rows: EncodedSamples) {
  if (isCnnNetwork(network)) {
    const some = spreadRows(train, 300);
    const calibration = calibrateCnn(network, some.inputs, some.count);
    return integerFormats.map((format) => {
      const own = quantiseCnn(network, format, calibration);
      const outputs = runQuantisedCnn(own, enterColumns(rows.inputs, own.input), rows.count);
      return {
        bytes: quantisedCnnBytes(own),
        outputs: Float32Array.from(outputs, (value) => leave(value, own.output)),
      };
    });
  }
  const some = spreadRows(train, 2000);
  const calibration = calibrate(network, some.inputs, some.count);
  return integerFormats.map((format) => {
    const own = quantise(network, format, calibration);
    const outputs = runQuantised(own, enterColumns(rows.inputs, own.input), rows.count);
    return { bytes: quantisedBytes(own), outputs: Float32Array.from(outputs, (value) => leave(value, own.output)) };
  });
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

async function report<N extends AnyNetwork>(subject: Subject<N>, epochs: number): Promise<void> {
  const started = performance.now();
  const { train, test } = subject.data;
  const errors = ['float32', ...integerFormats].map(() => [] as number[]);
  let bytes: readonly number[] = [];
  for (const seed of seeds) {
    const network = await subject.train(subject.fresh(seed), epochs, seed);
    const variants = inIntegers(network, train, test);
    bytes = [float32Bytes(network.topology), ...variants.map((own) => own.bytes)];
    [subject.predict(network), ...variants.map((own) => own.outputs)].forEach((outputs, index) => {
      errors[index]!.push(errorOf(outputs, test));
    });
    if (seed === 1) console.log(`\n${subject.name}, ${parametersOf(network.topology)} parameters, ${epochs} epochs`);
  }
  console.log('| numbers | bytes | test error, mean | largest rise |\n| --- | ---: | ---: | ---: |');
  ['float32', ...integerFormats].forEach((name, index) => {
    const rise = Math.max(...errors[index]!.map((error, seed) => error - errors[0]![seed]!));
    console.log(`| ${name} | ${bytes[index]} | ${percent(mean(errors[index]!))} | ${percent(rise)} |`);
  });
  console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);
}

await report(mlpSubject(), 20);
await report(cnnSubject(), 12);
