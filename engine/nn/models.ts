/** What is asked of a network whatever its kind: its size, its name, its work. */
import type { AnyNetwork, AnyTask, AnyTopology, CnnNetwork, CnnTopology, CnnTrainingTask, Network } from '../types.ts';
import { cnnMultiplyAccumulates, cnnName, cnnParameterCount } from './cnn/template.ts';
import { layerSlices, parameterCount, topologyName } from './network.ts';

export const isCnn = (topology: AnyTopology): topology is CnnTopology => 'kind' in topology;

export const isCnnTask = (task: AnyTask): task is CnnTrainingTask => isCnn(task.topology);

export const isCnnNetwork = (network: AnyNetwork): network is CnnNetwork => isCnn(network.topology);

/** Trainable parameters. */
export const parametersOf = (topology: AnyTopology): number =>
  isCnn(topology) ? cnnParameterCount(topology) : parameterCount(topology);

/** For example `4-8-1`, or `28x28x1 L16 B2 3x3`. */
export const networkName = (topology: AnyTopology): string =>
  isCnn(topology) ? cnnName(topology) : topologyName(topology);

/** Multiplications of a weight by a value in one forward pass of one sample. */
export const multiplyAccumulates = (topology: AnyTopology): number =>
  isCnn(topology)
    ? cnnMultiplyAccumulates(topology)
    : layerSlices(topology).reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);

/**
 * What a task costs, in multiply-accumulates per training sample and pass: to sort by, and to tell how long others will
 * take. A task without epochs still has its network scored.
 */
export const taskCost = ({ topology, epochs }: AnyTask): number => multiplyAccumulates(topology) * Math.max(epochs, 1);

/** A task of the kind that its topology asks for. */
export const taskFor = (topology: AnyTopology, settings: Omit<AnyTask, 'topology' | 'initial'>): AnyTask =>
  isCnn(topology) ? { ...settings, topology } : { ...settings, topology };

/** The task that leaves a network as it is: zero epochs from its own weights. It only has it scored. */
export function scoringTask(network: AnyNetwork, loss: AnyTask['loss']): AnyTask {
  const settings = { optimizer: 'sgd', learningRate: 0, schedule: 'constant', loss, epochs: 0, seed: 0 } as const;
  // The fewest samples that a kernel takes at a time, because nothing is trained.
  const batch = { ...settings, batchSize: 8 };
  return isCnnNetwork(network)
    ? { ...batch, topology: network.topology, initial: network }
    : { ...batch, topology: network.topology, initial: network.weights };
}

/** Where only a perceptron can be: generated code has no other layers. Throws TypeError for another network. */
export function perceptron(network: AnyNetwork): Network {
  if (isCnnNetwork(network)) throw new TypeError(`${networkName(network.topology)} is no perceptron.`);
  return network;
}
