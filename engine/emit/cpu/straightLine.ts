/**
 * Small networks as straight-line code over raw slot values: every weight a constant in the text, zero weights left out,
 * everything in registers. V8 compiles it to little more than the arithmetic.
 */
import type { FoldedInput, FoldedLayer, FoldedNetwork, FoldedOutput } from '../folded.ts';
import type { EmitInput } from '../target.ts';
import { fill, sumTokens, type Term } from '../text.ts';
import {
  choose,
  closeFrame,
  constantText,
  type Frame,
  holds,
  largest,
  localName,
  openFrame,
  returnResult,
} from './frame.ts';
import { hiddenCode } from './hidden.ts';

/**
 * Up to this many non-zero parameters: with relu the kernel is faster from 29 parameters on, at 41 nearly three times, at
 * 833 seven times (`npm run bench:inference` prints both); below, the text is short and shows what is computed.
 */
const denseLimit = 24;
/** A pruned network, whose zeros the kernel multiplies too: at most this many, and at most one in `sparseShare`. */
const sparseLimit = 1000;
const sparseShare = 8;

/** `terms`: parameters that are not zero; `parameters`: all of them. */
export const prefersStraightLine = (terms: number, parameters: number): boolean =>
  terms <= denseLimit || (terms <= sparseLimit && terms * sparseShare <= parameters);

const indent = '  ';

export function emitStraightLine(input: EmitInput, network: FoldedNetwork, moduleNames: ReadonlySet<string>): string {
  const live = liveNeurons(network);
  const slots = new Set(network.inputs.filter((_, index) => live[0]![index]).map(({ slot }) => slot));
  const frame = openFrame(input, moduleNames, (slot) => slots.has(slot));
  const body: string[] = [];
  let values = readInputs(frame, network.inputs, live[0]!, body);
  const hidden = network.layers.slice(0, -1);
  if (live.slice(1, -1).some((layer) => layer.includes(true))) {
    const code = hiddenCode(network.activation, frame.claim);
    body.push(...code.constants.map((line) => indent + line));
    const number = input.language === 'typescript' ? ': number' : '';
    body.push(...code.variables.map((name) => `${indent}let ${name}${number};`));
    hidden.forEach((layer, index) => {
      const previous = values;
      values = Array.from({ length: layer.outputs }, (_, o) => {
        if (!live[index + 1]![o]) return '';
        const name = frame.claim(`h${index + 1}_${o}`);
        body.push(fill(indent, `${code.argument} = `, sumTokens(terms(layer, o, previous)), ';'));
        body.push(...code.steps.map((line) => indent + line), `${indent}const ${name} = ${code.value};`);
        return name;
      });
    });
  }
  body.push(...writeOutputs(frame, network, values));
  return closeFrame(frame, body);
}

/** Which values of each layer reach an output through weights that are not zero: inputs first, outputs last. */
function liveNeurons(network: FoldedNetwork): boolean[][] {
  const last = network.layers.at(-1)!;
  const live = [Array.from({ length: last.outputs }, () => true)];
  for (const layer of network.layers.toReversed()) {
    const after = live[0]!;
    live.unshift(
      Array.from({ length: layer.inputs }, (_, i) =>
        after.some((alive, o) => alive && layer.weights[i * layer.outputs + o] !== 0),
      ),
    );
  }
  return live;
}

/** The terms of output o's sum: weights by input, then the bias. */
function terms(layer: FoldedLayer, o: number, values: readonly string[]): Term[] {
  const products = values.flatMap((factor, i) => {
    const weight = layer.weights[i * layer.outputs + o]!;
    return weight === 0 ? [] : [{ weight, tolerance: Math.abs(weight) * layer.weightPrecision[i]!, factor }];
  });
  return [{ weight: layer.bias[o]!, tolerance: layer.biasTolerance[o]! }, ...products];
}

/** Declares a local for every input that is not a plain parameter, and answers the expression of each column. */
function readInputs(frame: Frame, inputs: readonly FoldedInput[], live: readonly boolean[], body: string[]): string[] {
  return inputs.map((column, index) => {
    if (!live[index]) return '';
    const leaf = frame.leaves[column.slot]!;
    const plain = column.kind === 'number' && column.center === 0;
    if (plain && frame.parameters.includes(leaf.expression)) return leaf.expression;
    const name = localName(frame, leaf, column.kind === 'category' ? `_${column.index}` : '');
    body.push(`${indent}const ${name} = ${columnText(frame, column)};`);
    return name;
  });
}

function columnText(frame: Frame, column: FoldedInput): string {
  const leaf = frame.leaves[column.slot]!;
  switch (column.kind) {
    case 'number':
      if (column.center === 0) return leaf.expression;
      return sumTokens([
        { weight: 1, tolerance: 0, factor: leaf.expression },
        { weight: -column.center, tolerance: 0 },
      ]).join(' ');
    case 'boolean':
      return `${leaf.expression} ? 1 : 0`;
    case 'category':
      return `${holds(leaf, column.index)} ? 1 : 0`;
  }
}

function writeOutputs(frame: Frame, network: FoldedNetwork, values: readonly string[]): string[] {
  const layer = network.layers.at(-1)!;
  const lines: string[] = [];
  const sum = (column: number) => sumTokens(terms(layer, column, values));
  const simple = network.outputs.length === 1 && layer.outputs === 1 && frame.results[0]!.container === undefined;
  if (simple && frame.input.signature.result.kind === 'number') return [fill(indent, 'return ', sum(0), ';')];
  const names = Array.from({ length: layer.outputs }, (_, column) => {
    const name = frame.claim(`y${column}`);
    lines.push(fill(indent, `const ${name} = `, sum(column), ';'));
    return name;
  });
  const texts = network.outputs.map((output, slot) => outputText(frame, output, slot, names, lines));
  return [...lines, ...returnResult(frame, { value: (slot) => texts[slot]! })];
}

/** The expression of one output slot; what has to come before it is appended to `lines`. */
function outputText(
  frame: Frame,
  output: FoldedOutput,
  slot: number,
  names: readonly string[],
  lines: string[],
): string {
  const leaf = frame.results[slot]!;
  switch (output.kind) {
    case 'number':
      return names[output.column]!;
    case 'choice':
      return choose(leaf, `${names[output.column]} > 0`);
    case 'constant':
      return constantText(leaf);
    case 'largest': {
      const name = localName(frame, leaf);
      lines.push(...largest(frame, name, leaf, names.slice(output.column, output.column + output.count)));
      return name;
    }
  }
}
