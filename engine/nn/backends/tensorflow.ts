/**
 * A trainer on TensorFlow.js's operations. The library comes in as an argument, so plain `@tensorflow/tfjs`,
 * `@tensorflow/tfjs-node` and TensorFlow.js on WebGPU run the same code.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { EncodedSamples, Topology, Trainer, TrainingTask } from '../../types.ts';
import { augmentEpoch } from '../augment.ts';
import { checkTask, type DeviceTrainingSession, runEpochs } from '../epochs.ts';
import { countMisses } from '../losses.ts';
import { initialise, type LayerSlice, layerSlices } from '../network.ts';
import { activationOf, lossOf, type Tensorflow } from './tensorflowLayers.ts';
import { createTensorOptimizer, updateOf } from './tensorflowOptimizers.ts';

export type { Tensorflow } from './tensorflowLayers.ts';

/** All rows of a sample set on the device. */
type SampleTensors = Readonly<Record<'inputs' | 'targets', Tensor2D>>;

/** The network's linear outputs (B,O) for inputs (B,I), from all weights as one vector in Network's layout. */
function forward(tf: Tensorflow, topology: Topology, weights: Tensor1D, inputs: Tensor2D): Tensor2D {
  const slices = layerSlices(topology);
  return slices.reduce((x, layer, index) => {
    const z = dense(tf, layer, weights, x);
    return index < slices.length - 1 ? activationOf[topology.activation](tf, z) : z;
  }, inputs);
}

function dense(tf: Tensorflow, { inputs, outputs, offset }: LayerSlice, weights: Tensor1D, x: Tensor2D): Tensor2D {
  const w = tf.reshape(tf.slice1d(weights, offset, inputs * outputs), [inputs, outputs]) as Tensor2D;
  return tf.add(tf.matMul(x, w), tf.slice1d(weights, offset + inputs * outputs, outputs));
}

/**
 * A training session whose samples, weights and optimiser state stay on the device; only one loss per epoch and the best
 * weights come back. `dispose` frees them all.
 */
export function createTensorflowSession(
  tf: Tensorflow,
  task: TrainingTask,
  train: EncodedSamples,
  validation: EncodedSamples,
): DeviceTrainingSession & { dispose(): void } {
  const { topology, batchSize } = task;
  // Copies: the samples may lie in shared memory, which devices refuse, and a backend may keep the array that it gets.
  const rowsOf = (values: Float32Array, count: number) => tf.tensor2d(values.slice(), [count, values.length / count]);
  const upload = ({ count, inputs, targets }: EncodedSamples): SampleTensors => ({
    inputs: rowsOf(inputs, count),
    targets: rowsOf(targets, count),
  });
  let all = upload(train);
  const held = upload(validation);
  const loss = (weights: Tensor1D, { inputs, targets }: SampleTensors) =>
    lossOf[task.loss](tf, forward(tf, topology, weights, inputs), targets);
  const classifies = task.loss === 'softmax-cross-entropy';
  let misses = 0;
  const lossAndGradient = (weights: Tensor1D, samples: SampleTensors) => {
    const { value, grads } = tf.valueAndGrads((w) => loss(w as Tensor1D, samples))([weights]);
    return { value: value as Scalar, gradient: grads[0] as Tensor1D };
  };

  const order = new Uint32Array(train.count);
  // One vector of all weights: an update is then a dozen operations, not a dozen per layer.
  let weights = tf.tensor1d((task.initial ?? initialise(topology, task.seed)).slice());
  const optimizer = createTensorOptimizer(tf, task.optimizer, weights);

  /** One update with the batch that starts at `start`. Frees `total` and returns it plus the sum of the batch's losses. */
  const step = (rows: Tensor1D, start: number, total: Tensor, learningRate: number): Tensor => {
    const old = [weights, ...optimizer.moments, total];
    const [moved, sum, ...moments] = tf.tidy((): [Tensor1D, Tensor, ...Tensor1D[]] => {
      const batch = tf.slice1d(rows, start, Math.min(batchSize, train.count - start));
      const samples = { inputs: tf.gather(all.inputs, batch), targets: tf.gather(all.targets, batch) };
      const { value, gradient } = lossAndGradient(weights, samples);
      const update = updateOf(tf, optimizer, gradient, learningRate);
      return [tf.sub(weights, update.move), tf.add(total, tf.mul(value, batch.size)), ...update.moments];
    });
    weights = moved;
    optimizer.moments = moments;
    tf.dispose(old);
    return sum;
  };

  return {
    order,
    async trainEpoch(learningRate) {
      if (task.augment) {
        const shown = new Float32Array(train.inputs.length);
        augmentEpoch(task, { update: optimizer.steps, order }, train.inputs, shown);
        all.inputs.dispose();
        all = { ...all, inputs: rowsOf(shown, train.count) };
      }
      const rows = tf.tensor1d(Int32Array.from(order), 'int32');
      let total: Tensor = tf.scalar(0);
      try {
        for (let start = 0; start < train.count; start += batchSize) total = step(rows, start, total, learningRate);
        return (await total.data())[0]! / train.count;
      } finally {
        tf.dispose([rows, total]);
      }
    },
    async validationLoss() {
      const [mean, outputs] = tf.tidy((): [Scalar, Tensor2D] => {
        const y = forward(tf, topology, weights, held.inputs);
        return [lossOf[task.loss](tf, y, held.targets), y];
      });
      try {
        if (classifies) misses = countMisses(await floatsOf(outputs), validation.targets, topology.widths.at(-1)!);
        return (await mean.data())[0]!;
      } finally {
        tf.dispose([mean, outputs]);
      }
    },
    ...(classifies && { missRate: () => misses / validation.count }),
    weights: () => floatsOf(weights),
    dispose() {
      tf.dispose([...Object.values(all), ...Object.values(held), weights, ...optimizer.moments]);
    },
  };
}

/** A copy: a backend may hand out the array that it works on. */
const floatsOf = async (tensor: Tensor): Promise<Float32Array> => Float32Array.from(await tensor.data());

/** `tf` with its backend set and ready; `name` is the trainer's. No tensor is left when `train` settles. */
export function createTensorflowTrainer(tf: Tensorflow, name: string): Trainer {
  return {
    name,
    async train(task, train, validation, shouldStop) {
      checkTask(task, train, validation);
      const session = createTensorflowSession(tf, task, train, validation);
      try {
        return await runEpochs(task, session, shouldStop);
      } finally {
        session.dispose();
      }
    },
  };
}
