/** One call of the emitted code against `predict` of the same network in TensorFlow.js, and against the exact function. */
import * as tf from '@tensorflow/tfjs';
import { formatDuration, significant } from '../../engine/format.ts';
import { layerSlices } from '../../engine/nn/network.ts';
import type { Activation, Topology } from '../../engine/types.ts';
import { decodeWeights, type RunResult, type StoredNetwork } from '../../server/pipeline/run.ts';

const rounds = 7;
const callsPerRound = 200;

export async function benchSingleCall(results: readonly RunResult[]): Promise<void> {
  await tf.setBackend('cpu');
  console.log('\nOne call: emitted code, exact function, tfjs predict (pure JavaScript backend)');
  console.log('  function       network           emitted      exact       tfjs   tfjs / emitted');
  for (const result of results) {
    for (const point of result.points.filter(({ onFront }) => onFront).sort((a, b) => a.params - b.params)) {
      const network = result.networks.find(({ id }) => id === point.id)!;
      if ('kind' in network) continue;
      const tfjsNs = timePredict(network);
      const times = [point.latencyNs!, result.exactNs, tfjsNs].map((ns) => formatDuration(ns).padStart(10));
      console.log(
        `  ${result.region.name.padEnd(14)} ${point.topology.padEnd(15)} ${times.join(' ')} ` +
          `${significant(tfjsNs / point.latencyNs!).padStart(16)}`,
      );
    }
  }
}

/** What a network computes with. */
type Predicted = Topology & Pick<StoredNetwork, 'weights'>;

/** Median nanoseconds of a predict call, its result read back, as a program that needs the value would. */
export function timePredict(stored: Predicted): number {
  const model = tfjsModel(stored);
  const input = new Float32Array(stored.widths[0]!).fill(0.5);
  const call = () => tf.tidy(() => (model.predict(tf.tensor2d(input, [1, input.length])) as tf.Tensor).dataSync()[0]!);
  const medians: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    for (let index = 0; index < callsPerRound; index++) call();
    medians.push(((performance.now() - started) * 1e6) / callsPerRound);
  }
  return medians.sort((a, b) => a - b)[rounds >> 1]!;
}

function tfjsModel({ widths, activation, weights }: Predicted): tf.Sequential {
  const values = decodeWeights(weights);
  const slices = layerSlices({ widths, activation });
  const model = tf.sequential();
  slices.forEach(({ inputs, outputs, offset }, index) => {
    const hidden = index < slices.length - 1;
    model.add(
      tf.layers.dense({ units: outputs, inputShape: [inputs], activation: hidden ? kerasName(activation) : 'linear' }),
    );
    const bias = offset + inputs * outputs;
    model.layers[index]!.setWeights([
      tf.tensor2d(values.slice(offset, bias), [inputs, outputs]),
      tf.tensor1d(values.slice(bias, bias + outputs)),
    ]);
  });
  return model;
}

const kerasName = (activation: Activation) => (activation === 'hard-sigmoid' ? 'hardSigmoid' : activation);
