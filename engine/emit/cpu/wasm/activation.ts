/** The hidden activation as WebAssembly, from the steps that all targets share, four values at a time. */
import type { Activation } from '../../../types.ts';
import { activationSteps, argument, type Step } from '../../activationSteps.ts';
import {
  add,
  below,
  bitSelect,
  type Code,
  type Declare,
  divide,
  get,
  greater,
  integer,
  load,
  loadSplat,
  multiply,
  plus,
  pseudoMaximum,
  pseudoMinimum,
  repeat,
  set,
  store,
  subtract,
  type WasmFunction,
  zeroVector,
} from './assembler.ts';
import type { MemoryPlan } from './plan.ts';

/** Whether it is one instruction, which every layer then does where its sums are. */
export const isShort = (activation: Activation): boolean => activationSteps[activation].length <= 1;

/**
 * Code that is to run first, and a function that answers the code which puts the activation of a local in its place.
 * Constants are locals that are read from memory: V8 makes a constant in the code anew at every use, three instructions
 * each time.
 */
export function activationCode(activation: Activation, { constants }: Pick<MemoryPlan, 'constants'>, declare: Declare) {
  const steps = activationSteps[activation];
  const values = new Map([...constants].map(([value, at]) => [value, { at, local: declare('vector') }]));
  const zero = declare('vector');
  const names = new Map(steps.map(({ name }) => [name, declare('vector')]));
  const prepare = [
    ...set(zero, zeroVector),
    ...[...values.values()].flatMap(({ at, local }) => set(local, loadSplat(integer(0), at))),
  ];
  const apply = (target: number): Code => {
    const read = (operand: Step['a']): Code => {
      if (operand === 0) return get(zero);
      if (operand === argument) return get(target);
      return get(typeof operand === 'number' ? values.get(operand)!.local : names.get(operand)!);
    };
    const code = steps.flatMap(({ name, operator, a, b }) =>
      set(names.get(name)!, operation(operator, read(a), read(b), get(zero))),
    );
    const last = steps.at(-1);
    return last ? [...code, ...set(target, get(names.get(last.name)!))] : code;
  };
  return { prepare, apply };
}

function operation(operator: Step['operator'], a: Code, b: Code, zero: Code): Code {
  switch (operator) {
    case '+':
      return add(a, b);
    case '-':
      return subtract(a, b);
    case '*':
      return multiply(a, b);
    case '/':
      return divide(a, b);
    case 'below':
      return pseudoMaximum(a, b);
    case 'above':
      return pseudoMinimum(a, b);
    case 'positive':
      return bitSelect(a, b, greater(a, zero));
  }
}

/** activate(from, to): all values between two addresses; up to three beyond `to` are overwritten. */
export const activateFunction = (activation: Activation, plan: MemoryPlan): WasmFunction => ({
  parameters: ['i32', 'i32'],
  results: [],
  body: (declare) => {
    const { prepare, apply } = activationCode(activation, plan, declare);
    const [at, to, value] = [0, 1, declare('vector')];
    return [
      ...prepare,
      ...repeat(
        [
          ...set(value, load(get(at))),
          ...apply(value),
          ...store(get(at), get(value)),
          ...set(at, plus(get(at), integer(16))),
        ],
        below(get(at), get(to)),
      ),
    ];
  },
});
