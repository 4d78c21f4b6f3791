/** How long a call of a dataset's networks takes: their code for the CPU, run in the sandbox on test rows. */
import { join } from 'node:path';
import { z } from 'zod';
import type { LabelledSet } from '../../engine/data/dataset.ts';
import { outputSlotsOf } from '../../engine/data/labelled.ts';
import { imageSubset } from '../../engine/data/subset.ts';
import { callCost } from '../../engine/emit/cpu/cost.ts';
import { networkName } from '../../engine/nn/models.ts';
import type { AnyNetwork, AnyTopology } from '../../engine/types.ts';
import type { Failure } from '../protocol.ts';
import { openLines } from '../store.ts';
import { cpuServerTarget } from '../targets/cpu.ts';
import type { Verification } from '../targets/target.ts';
import { testRows } from './datasetData.ts';
import type { DatasetResult } from './datasetRun.ts';
import { emitFiles } from './emit.ts';
import { emitInputOf, samplesOf } from './exportDataset.ts';
import { heldFloats, type PruneHooks } from './pruneRequest.ts';
import { fingerprintOf } from './remembered.ts';
import { restoreNetwork } from './storedNetwork.ts';

/** For each network, beyond the calls of the warm-up. */
const timingBudgetMs = 100;

/** The rows that are timed, at most, and what one pass over them may take. */
const mostRows = 256;
const passMs = 200;

/**
 * What all networks may take, estimated, so that the same ones are timed on every machine: starting a sandbox, and the
 * calls that even the slowest gets. The front is timed whatever it takes.
 */
const allBudgetMs = 60_000;
const startMs = 300;
const leastCalls = 20;

const estimatedMs = (topology: AnyTopology): number =>
  startMs + timingBudgetMs + (leastCalls * callCost(topology).ns) / 1e6;

const timedLine = z.object({ network: z.string(), latencyNs: z.number() });

/**
 * The run with the time per call of its networks in single precision: the front, and as many of the others as can be
 * afforded. The file `timed.jsonl` of its folder remembers them. Undefined where the signal aborts.
 */
export async function timeNetworks(
  { folder, set, hooks }: { readonly folder: string; readonly set: LabelledSet; readonly hooks: PruneHooks },
  result: DatasetResult,
): Promise<DatasetResult | undefined> {
  const lines = openLines(join(folder, 'timed.jsonl'), timedLine);
  const known = new Map(lines.entries.map(({ network, latencyNs }) => [network, latencyNs]));
  const wanted = timedNetworks(result);
  const times = new Map<string, number>();
  for (const [index, { id, network }] of wanted.entries()) {
    if (hooks.signal.aborted) return undefined;
    hooks.onProgress(`Timing network ${index + 1} of ${wanted.length}`, index / wanted.length);
    const name = fingerprintOf(network);
    const before = known.get(name);
    if (before !== undefined) {
      times.set(id, before);
      continue;
    }
    const verified = await runOnRows(result, set, network, hooks.signal);
    if (hooks.signal.aborted) return undefined;
    if (verified.kind === 'failed') {
      // The run is worth more than a time; whoever reads the log learns why it is missing.
      console.error(`${id} (${networkName(network.topology)}) was not timed: ${verified.message}`);
      continue;
    }
    times.set(id, verified.latencyNs!);
    lines.append({ network: name, latencyNs: verified.latencyNs! });
  }
  const points = result.points.map((point) => {
    const latencyNs = times.get(point.id);
    return latencyNs === undefined ? point : { ...point, latencyNs };
  });
  return { ...result, points };
}

function timedNetworks(result: DatasetResult): { readonly id: string; readonly network: AnyNetwork }[] {
  let spentMs = 0;
  return heldFloats(result)
    .sort((a, b) => Number(b.onFront) - Number(a.onFront) || a.params - b.params)
    .flatMap(({ id, onFront }) => {
      const network = restoreNetwork(result.networks.find((own) => own.id === id)!);
      spentMs += estimatedMs(network.topology);
      return onFront || spentMs <= allBudgetMs ? [{ id, network }] : [];
    });
}

function runOnRows(
  result: DatasetResult,
  set: LabelledSet,
  network: AnyNetwork,
  signal: AbortSignal,
): Promise<Verification | Failure> {
  const { config, subset } = result;
  const input = emitInputOf(result, set, network);
  const affordable = Math.floor((passMs * 1e6) / callCost(network.topology).ns);
  const rows = imageSubset(
    testRows(set, config.seed, subset),
    Math.max(1, Math.min(mostRows, affordable)),
    config.seed,
  );
  return cpuServerTarget.verify({
    files: emitFiles('cpu', input),
    functionName: input.functionName,
    signature: input.signature,
    outputSlots: outputSlotsOf(set.output),
    test: samplesOf(rows),
    signal,
    timingBudgetMs,
  });
}
