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

/** What a thread answers: the first epoch's loss, and its processor time. */
export interface ThreadRound {
  readonly loss: number;
  readonly cpuSeconds: number;
}

const { kernel, task, samples, order } = workerData as ThreadSetup;
const session = createWasmSession(kernel, task, samples, samples);
session.order.set(order);

parentPort?.on('message', (epochs: number) => {
  const before = process.threadCpuUsage();
  const [loss] = Array.from({ length: epochs }, () => session.trainEpoch(task.learningRate));
  const { user, system } = process.threadCpuUsage(before);
  parentPort?.postMessage({ loss: loss!, cpuSeconds: (user + system) / 1e6 } satisfies ThreadRound);
});
