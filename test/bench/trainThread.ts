/** A worker thread of `bench:train`: trains one network with the embedded kernel whenever it is told to. */
import { parentPort, workerData } from 'node:worker_threads';
import { createWasmSession } from '../../engine/nn/backends/mlp.ts';
import type { EncodedSamples, TrainingTask } from '../../engine/types.ts';

export interface ThreadSetup {
  readonly kernel: WebAssembly.Module;
  readonly task: TrainingTask;
  readonly samples: EncodedSamples;
  readonly order: Uint32Array;
}

const { kernel, task, samples, order } = workerData as ThreadSetup;
const session = createWasmSession(kernel, task, samples, samples);
session.order.set(order);

parentPort?.on('message', (epochs: number) => {
  const [loss] = Array.from({ length: epochs }, () => session.trainEpoch(task.learningRate));
  parentPort?.postMessage(loss);
});
