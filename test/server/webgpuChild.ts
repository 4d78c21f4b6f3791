/**
 * Run by trainerWebgpu.test.ts in a process of its own, whose environment names a Vulkan driver. The first argument is a
 * folder with the packages. Prints how far WebGPU and the reference are apart after a few updates, as JSON.
 */
import { createTensorflowTrainer } from '../../engine/nn/backends/tensorflow.ts';
import { referenceTrainer } from '../../engine/nn/reference.ts';
import type { TrainingTask } from '../../engine/types.ts';
import { loadTensorflow } from '../../server/tensorflow.ts';
import { randomSamples, relativeDifference, taskOf } from '../unit/nnHelpers.ts';

const widths = [3, 5, 2];
const tasks: readonly TrainingTask[] = [
  taskOf({ topology: { widths, activation: 'tanh' }, optimizer: 'adam', epochs: 2 }),
  taskOf({
    topology: { widths, activation: 'selu' },
    optimizer: 'nadam',
    loss: 'softmax-cross-entropy',
    schedule: 'cosine',
    epochs: 2,
  }),
];

const loaded = await loadTensorflow('webgpu', process.argv[2]!);
if (loaded.kind === 'failed') {
  console.error(`${loaded.message}\n${loaded.hint}`);
  process.exit(1);
}
const trainer = createTensorflowTrainer(loaded.tf, 'webgpu');
const tensors = loaded.tf.memory().numTensors;
const differences = [];
for (const task of tasks) {
  // 20 samples in batches of 16: the last batch is short.
  const samples = randomSamples(20, widths, task.loss);
  const found = await trainer.train(task, samples, samples);
  const exact = await referenceTrainer.train(task, samples, samples);
  differences.push({
    outcome: found.outcome,
    weights: relativeDifference(found.network.weights, exact.network.weights),
    trainLoss: relativeDifference(Float64Array.from(found.trainLoss), Float64Array.from(exact.trainLoss)),
    validationLoss: relativeDifference(
      Float64Array.from(found.validationLoss),
      Float64Array.from(exact.validationLoss),
    ),
  });
}
console.log(JSON.stringify({ differences, leaked: loaded.tf.memory().numTensors - tensors }));
