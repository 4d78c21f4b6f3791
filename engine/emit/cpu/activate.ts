/** Source of a function that applies the hidden activation to an array, for code that loops. */
import type { Activation } from '../../types.ts';
import { affineForms } from '../fold.ts';
import type { Language } from '../shapes.ts';
import { sumTokens } from '../text.ts';
import { hiddenCode } from './hidden.ts';

/** A function `activate(y, count)` that replaces the first `count` values of an array by their activation. */
export function activateText(
  activate: string,
  activation: Activation,
  { language }: { readonly language: Language },
): string {
  const typed = language === 'typescript';
  const [sure, array, number, nothing] = typed ? ['!', ': Float64Array', ': number', ': void'] : ['', '', '', ''];
  const form = affineForms[activation];
  const code = hiddenCode(form.folded, (wanted) => wanted);
  const sum = (factor: string, weight: number, shift: number) =>
    sumTokens([
      { weight: shift, tolerance: 0 },
      { weight, tolerance: 0, factor },
    ]).join(' ');
  const scaled = form.after !== 1 || form.level !== 0;
  const lines = [
    '/** Replaces the first `count` values by their activation. */',
    `function ${activate}(y${array}, count${number})${nothing} {`,
    ...code.constants.map((line) => `  ${line}`),
    ...code.variables.map((name) => `  let ${name}${number};`),
    `  for (let i = 0; i < count; i++) {`,
    `    ${code.argument} = ${sum(`y[i]${sure}`, form.before, form.shift)};`,
    ...code.steps.map((line) => `    ${line}`),
    `    y[i] = ${scaled ? sum(`(${code.value})`, form.after, form.level) : code.value};`,
    '  }',
    '}',
  ];
  return lines.join('\n');
}
