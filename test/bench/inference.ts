/**
 * `npm run bench:inference`: generated code for one call and for batches, beside C of the same network compiled for this
 * machine, ONNX Runtime and TensorFlow.js on one thread each. The two forms of a single call are both timed, whichever
 * the generator would pick.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuTarget, perceptronText } from '../../engine/emit/cpu/cpu.ts';
import { onnxModel } from '../../engine/emit/onnx/onnx.ts';
import type { EmitInput } from '../../engine/emit/target.ts';
import { formatDuration, significant } from '../../engine/format.ts';
import { isCnnNetwork, networkName, parametersOf } from '../../engine/nn/models.ts';
import type { Activation, AnyNetwork, Network } from '../../engine/types.ts';
import { encodeWeights } from '../../server/pipeline/run.ts';
import { cnnTopologyWith } from '../unit/cnnHelpers.ts';
import { emitCnnInputOf } from '../unit/emitCnnHelpers.ts';
import { array, emitInputOf, number } from '../unit/emitHelpers.ts';
import { onnxRuntime } from '../unit/onnxRuntime.ts';
import { cnnC, compilerFlags, perceptronC, timeNative } from './inferenceNative.ts';
import { timePredict } from './singleCall.ts';

/** Many short rounds, of which the median counts. */
const rounds = 60;
const roundMs = 2;
const warmUpMs = 60;

/** Nanoseconds per call. */
function time(call: (count: number) => unknown): number {
  let count = 1;
  for (let ms = 0; ms < warmUpMs; count *= 2) {
    const started = performance.now();
    call(count);
    ms = performance.now() - started;
  }
  count = Math.max(1, Math.round((count * roundMs) / warmUpMs / 2));
  const times = Array.from({ length: rounds }, () => {
    const started = performance.now();
    call(count);
    return ((performance.now() - started) * 1e6) / count;
  });
  return medianOf(times);
}

const medianOf = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1]!;

async function timeOrt(model: Uint8Array, columns: number, rows: number): Promise<number> {
  const { InferenceSession, Tensor } = onnxRuntime;
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
  const inputs = new Tensor('float32', new Float32Array(rows * columns).fill(0.3), [rows, columns]);
  const calls = rows === 1 ? 20 : 1;
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const started = performance.now();
    for (let call = 0; call < calls; call++) await session.run({ inputs });
    times.push(((performance.now() - started) * 1e6) / calls / rows);
  }
  return medianOf(times);
}

interface Module {
  readonly single: (...values: unknown[]) => unknown;
  readonly batch: (inputs: Float64Array, count: number, outputs: Float64Array) => Float64Array;
}

async function loadText(text: string, functionName: string): Promise<Module> {
  const code = Buffer.from(stripTypeScriptTypes(text)).toString('base64');
  const module = await import(`data:text/javascript;base64,${code}`);
  return { single: module[functionName], batch: module[`${functionName}Batch`] };
}

let loops = 0;

/**
 * A loop of its own for each function, so that its call site stays monomorphic; `lists` are a power of two of arguments. V8
 * lets functions of the same text share what it learnt about them, so each text has a number.
 */
function timeSingle(single: Module['single'], lists: readonly (readonly unknown[])[]): number {
  const parameters = lists[0]!.map((_, index) => `list[${index}]`).join(', ');
  const loop = new Function(
    ...['single', 'lists', 'count'],
    `/* ${loops++} */ let last; for (let call = 0; call < count; call++) { const list = lists[call & ${lists.length - 1}]; last = single(${parameters}); } return last;`,
  );
  return time((count) => loop(single, lists, count));
}

const title = [
  'network',
  'activation',
  'parameters',
  'straight-line',
  'kernel',
  'C',
  'ONNX Runtime',
  'TensorFlow.js',
  'call / C',
  'ORT / call',
];
const batchTitle = ['network, per row of a batch', 'activation', 'generated', 'C', 'ONNX Runtime', 'C / generated'];

async function perceptron(folder: string, widths: readonly number[], activation: Activation) {
  const flat = widths[0]! > 8;
  const names = Array.from({ length: widths[0]! }, (_, index) => `p${index}`);
  const input: EmitInput<Network> = emitInputOf({
    parameters: flat
      ? [{ name: 'values', shape: array('Float64Array', widths[0]!) }]
      : names.map((name) => ({ name, shape: number })),
    result: widths.at(-1) === 1 ? number : array('Array', widths.at(-1)!),
    hidden: widths.slice(1, -1),
    activation,
    inputRange: [0, 1],
    outputRange: [0, 1],
  });
  const lists = Array.from({ length: 64 }, (_, row) => {
    const values = names.map((_, index) => 0.1 * ((row + index) % 10));
    return flat ? [Float64Array.from(values)] : values;
  });
  const [straight, kernel] = await Promise.all(
    (['straight-line', 'kernel'] as const).map((form) => loadText(perceptronText(input, form), 'priceApprox')),
  );
  const rows = 1280;
  const source = perceptronC(input.network, rows, Math.ceil(1e7 / (100 + parametersOf(input.network.topology))));
  return measure(folder, input, source, { rows, lists, forms: [straight!, kernel!] });
}

async function cnn(folder: string, layers: number, activation: Activation) {
  const topology = cnnTopologyWith({
    ...{ height: 28, width: 28, layers, growth: 12, initialFilters: 24, outputs: 10, activation },
  });
  const input = emitCnnInputOf({ topology, range: () => [0, 1] });
  const lists = Array.from({ length: 4 }, (_, row) => [new Float32Array(784).map((_, k) => 0.1 * ((k + row) % 10))]);
  const module = await loadText(String(cpuTarget.emit(input)[0].content), 'classify');
  return measure(folder, input, cnnC(input.network, 8, 1), {
    rows: 8,
    lists,
    forms: [undefined, module],
  });
}

interface Job {
  readonly rows: number;
  readonly lists: readonly (readonly unknown[])[];
  /** Straight-line code, where there is any, and calls of the kernel. */
  readonly forms: readonly [Module | undefined, Module];
}

async function measure(folder: string, input: EmitInput<AnyNetwork>, source: string, { rows, lists, forms }: Job) {
  const { network, encoding } = input;
  const { inputColumns, outputColumns } = encoding;
  const [straight, kernel] = forms;
  const straightNs = straight && timeSingle(straight.single, lists);
  const kernelNs = timeSingle(kernel.single, lists);
  const inputs = Float64Array.from({ length: rows * inputColumns }, (_, k) => 0.1 * (k % 10));
  const outputs = new Float64Array(rows * outputColumns);
  const batchNs =
    time((count) => {
      for (let call = 0; call < count; call++) kernel.batch(inputs, rows, outputs);
    }) / rows;
  const native = timeNative(folder, source);
  checkSame(native.outputs, outputs, input);
  const model = onnxModel({ name: input.regionName, network, encoding });
  const [ortNs, ortBatchNs] = [await timeOrt(model, inputColumns, 1), await timeOrt(model, inputColumns, rows)];
  const tfjsNs = isCnnNetwork(network)
    ? undefined
    : timePredict({ ...network.topology, weights: encodeWeights(network.weights) });
  const { activation } = network.topology;
  const name = networkName(network.topology);
  const callNs = Math.min(straightNs ?? Infinity, kernelNs);
  const duration = (ns: number | undefined) => (ns === undefined ? '-' : formatDuration(ns));
  return {
    single: [
      ...[name, activation, String(parametersOf(network.topology)), duration(straightNs), duration(kernelNs)],
      ...[duration(native.single), duration(ortNs), duration(tfjsNs)],
      ...[significant(callNs / native.single), significant(ortNs / callNs)],
    ],
    batch: [
      ...[name, activation, duration(batchNs), duration(native.batch), duration(ortBatchNs)],
      significant(native.batch / batchNs),
    ],
  };
}

/** Outputs of the CNN are scaled by 2 and shifted by 3 in the tests' signature. */
function checkSame(native: readonly number[], generated: Float64Array, { encoding }: EmitInput): void {
  encoding.outputs.forEach((slot, index) => {
    const expected = slot.kind === 'number' ? (generated[index]! - slot.offset) / slot.scale : Number.NaN;
    if (!(Math.abs(native[index]! - expected) < 1e-3 * Math.max(1, Math.abs(expected)))) {
      throw new Error(`C answers ${native[index]}, the generated code ${expected}.`);
    }
  });
}

const table = (rows: readonly (readonly string[])[]) => {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const [first, ...rest] = rows;
  return [line(first!), line(first!.map((_, column) => (column === 0 ? '---' : '---:'))), ...rest.map(line)].join('\n');
};

const folder = mkdtempSync(join(tmpdir(), 'deepmaker-inference-'));
try {
  const jobs = [
    ...[
      [3, 8, 1],
      [4, 16, 1],
      [4, 32, 1],
      [6, 16, 8, 1],
      [8, 32, 16, 1],
      [6, 64, 32, 1],
      [16, 64, 64, 8],
      [64, 32, 32, 64],
    ].flatMap((widths) =>
      (['relu', 'tanh'] as const).map((activation) => () => perceptron(folder, widths, activation)),
    ),
    () => cnn(folder, 10, 'relu'),
    () => cnn(folder, 16, 'relu'),
    () => cnn(folder, 16, 'tanh'),
  ];
  const results = [];
  for (const job of jobs) results.push(await job());
  console.log(`C is compiled with cc ${compilerFlags.join(' ')}.\n`);
  console.log(table([title, ...results.map(({ single }) => single)]));
  console.log(`\n${table([batchTitle, ...results.map(({ batch }) => batch)])}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
