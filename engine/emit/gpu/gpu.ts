/**
 * The GPU target: the CPU target's module, and in it an asynchronous batch function on WebGPU. Single calls stay on the
 * CPU, because a trip to a GPU and back takes longer than the whole network.
 */

import { isCnnNetwork } from '../../nn/models.ts';
import { t } from '../../texts.ts';
import type { AnyNetwork, CnnNetwork, Network } from '../../types.ts';
import { planCnn } from '../cnn/plan.ts';
import { type Cost, countsOf } from '../cost.ts';
import { openBatch } from '../cpu/batch.ts';
import { emitModule, type ModuleAddition, type ModuleParts } from '../cpu/cpu.ts';
import { exportKeyword } from '../cpu/frame.ts';
import { collapseLinear } from '../fold.ts';
import type { EmitInput, EmittedFiles, Target } from '../target.ts';
import {
  type BatchGpuNames,
  batchText,
  exactRowsText,
  nameText,
  onGpuText,
  onCpuText as rowsOnCpuText,
} from './batch.ts';
import { cnnProgram } from './cnn.ts';
import { perceptronProgram } from './perceptron.ts';
import type { GpuProgram } from './program.ts';
import { openText, startText, stateText, tableText, typesText } from './runtime.ts';

export const gpuTarget: Target = {
  id: 'gpu',
  label: 'GPU',
  get description() {
    return t('WebGPU compute shaders for batches; single calls stay on the CPU');
  },
  emit,
  estimate,
};

const programOf = (network: AnyNetwork): GpuProgram =>
  isCnnNetwork(network) ? cnnProgram(network) : perceptronProgram(collapseLinear(network));

/** What batches are called, for whoever runs the module. */
export const batchGpuName = (functionName: string): string => `${functionName}BatchGpu`;
export const gpuNameOf = (functionName: string): string => `${functionName}GpuName`;

function emit(input: EmitInput): EmittedFiles {
  const { functionName, quantised, figures = [] } = input;
  const note = quantised
    ? `${batchGpuName(functionName)} runs on the CPU: a network in integers has no GPU code.`
    : `${batchGpuName(functionName)} runs on WebGPU where there is one; ${functionName} and ${functionName}Batch run on the CPU.`;
  return [emitModule({ ...input, figures: [...figures, note] }, (parts) => addition(input, parts))];
}

function addition(input: EmitInput, parts: ModuleParts): ModuleAddition {
  const { claim } = parts;
  const exported = { batchGpu: claim(batchGpuName(input.functionName)), gpuName: claim(gpuNameOf(input.functionName)) };
  const exports = Object.values(exported);
  if (input.quantised) return { exports, text: onCpuText(input, parts, exported) };
  const names: BatchGpuNames = {
    ...exported,
    state: claim('gpu'),
    turn: claim('gpuTurn'),
    open: claim('openGpu'),
    start: claim('startGpu'),
    onGpu: claim('runOnGpu'),
    onCpu: claim('runOnCpu'),
    exactRows: claim('exactRows'),
    parameters: claim('gpuParameters'),
    shader: claim('gpuShader'),
    steps: claim('gpuSteps'),
    type: claim('Gpu'),
    api: claim('GpuApi'),
    adapter: claim('GpuAdapter'),
    device: claim('GpuDevice'),
    buffer: claim('GpuBuffer'),
    pass: claim('GpuPass'),
  };
  const program = programOf(input.network);
  const typed = (text: string) => (input.language === 'typescript' ? text : '');
  const sections = [
    batchText(input, parts, names),
    nameText(names, exportKeyword(input), typed),
    stateText(names, typed),
    onGpuText(input, parts, names, typed),
    rowsOnCpuText(input, parts, names, typed),
    exactRowsText(input, parts, names, typed),
    openText(names, typed),
    startText(program, names, typed),
    program.parameters({ ...names, ...parts.names }, typed),
    tableText(program, names.steps, typed),
    `const ${names.shader} = \`${program.shader}\`;`,
    typed(typesText(names)),
  ];
  return { exports, text: sections.filter((section) => section !== '').join('\n\n') };
}

/** A network in integers computes the same integers everywhere, so its batches stay where these are exact. */
function onCpuText(
  input: EmitInput,
  { names: { batch } }: ModuleParts,
  { batchGpu, gpuName }: { readonly batchGpu: string; readonly gpuName: string },
): string {
  const { guard } = input;
  const result = input.language === 'typescript' ? ': Promise<undefined>' : '';
  return [
    [
      ...openBatch(input, batchGpu, { runs: 'on the CPU; computed in integers', later: true }),
      `  return ${batch}(inputs, count, outputs${guard.mode === 'none' ? '' : ', exact'});`,
      '}',
    ].join('\n'),
    `/** Undefined: batches run on the CPU. */
${exportKeyword(input)}async function ${gpuName}()${result} {
  return undefined;
}`,
  ].join('\n\n');
}

/** Of one row, in the device's memory. */
function estimate(network: AnyNetwork): Cost {
  const { valuesPerRow } = programOf(network);
  const rows = (network: Network | CnnNetwork) =>
    isCnnNetwork(network) ? planCnn(network).parameters.length : network.weights.length;
  return {
    ...countsOf(network),
    parameterBytes: 4 * rows(network),
    workingBytes: 4 * valuesPerRow,
    more: [
      {
        label: t('From and to the device'),
        value: 4 * transferred(network),
        unit: 'B per row',
        basis: t('Exact: inputs and outputs of a row as float32 values.'),
      },
    ],
  };
}

const transferred = ({ topology }: AnyNetwork): number =>
  'kind' in topology
    ? topology.height * topology.width * topology.channels + topology.outputs
    : topology.widths[0]! + topology.widths.at(-1)!;
