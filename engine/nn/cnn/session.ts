/**
 * What the trainers of convolutional networks share: the session that `runSchedule` drives, and the checks before it.
 */
import type { CnnNetwork, CnnTrainingTask, EncodedSamples } from '../../types.ts';
import { checkAugmentation } from '../augment.ts';
import { checkSamples, checkSchedule, type EpochSession } from '../epochs.ts';
import { checkCnnArrays } from './network.ts';
import { cnnName, cnnTemplate } from './template.ts';

/** A session that computes on the calling thread. */
export interface CnnSession extends EpochSession<Pick<CnnNetwork, 'weights' | 'statistics'>> {
  trainEpoch(learningRate: number): number | 'stopped';
  validationLoss(): number | 'stopped';
  snapshot(): Pick<CnnNetwork, 'weights' | 'statistics'>;
}

/** Throws RangeError where a task and its samples do not fit together: a caller's mistake, not a user's. */
export function checkCnnTask(task: CnnTrainingTask, train: EncodedSamples, validation: EncodedSamples): void {
  const { topology, initial, augment } = task;
  // The template refuses what is no network.
  cnnTemplate(topology);
  checkSchedule(task);
  if (initial) checkCnnArrays(topology, initial);
  const inputs = topology.height * topology.width * topology.channels;
  if (augment) checkAugmentation(augment, inputs);
  checkSamples(cnnName(topology), { inputs, outputs: topology.outputs }, train, validation);
}
