/**
 * Run by trainerWebgpu.test.ts in a process of its own, whose environment names a Vulkan driver. The first argument is a
 * folder with the packages. Prints how far WebGPU and the reference are apart after a few updates, as JSON.
 */
import { createTensorflowTrainer } from '../../engine/nn/backends/tensorflow.ts';
import { createTensorflowCnnTrainer } from '../../engine/nn/backends/tensorflowCnn.ts';
import { cnnReferenceTrainer } from '../../engine/nn/cnn/reference.ts';
import { referenceTrainer } from '../../engine/nn/reference.ts';
import type { CnnTrainingResult, TrainingResult, TrainingTask } from '../../engine/types.ts';
import { loadTensorflow } from '../../server/tensorflow.ts';
import { cnnTaskOf, cnnTopologyWith, randomImages } from '../unit/cnnHelpers.ts';
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
const tensors = loaded.tf.memory().numTensors;
const differences: ReturnType<typeof difference>[] = [];
// 20 samples in batches of 16: the last batch is short.
for (const task of tasks) {
  const samples = randomSamples(20, widths, task.loss);
  const found = await createTensorflowTrainer(loaded.tf, 'webgpu').train(task, samples, samples);
  differences.push(difference(found, await referenceTrainer.train(task, samples, samples)));
}
const topology = cnnTopologyWith({ height: 7, width: 6, dropout: 0.2, bottleneck: true, activation: 'elu' });
const task = cnnTaskOf({ topology, optimizer: 'sgd', learningRate: 0.05, epochs: 2 });
const images = randomImages(20, topology, task.loss);
const found = await createTensorflowCnnTrainer(loaded.tf, 'webgpu').train(task, images, images);
differences.push(difference(found, await cnnReferenceTrainer.train(task, images, images)));

function difference<Result extends TrainingResult | CnnTrainingResult>(found: Result, exact: Result) {
  return {
    outcome: found.outcome,
    weights: relativeDifference(found.network.weights, exact.network.weights),
    trainLoss: relativeDifference(Float64Array.from(found.trainLoss), Float64Array.from(exact.trainLoss)),
    validationLoss: relativeDifference(
      Float64Array.from(found.validationLoss),
      Float64Array.from(exact.validationLoss),
    ),
  };
}
console.log(JSON.stringify({ differences, leaked: loaded.tf.memory().numTensors - tensors }));
