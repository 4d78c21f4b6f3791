/**
 * The hidden activations as steps in float32, written once and printed as C, as NEON intrinsics, as TypeScript and as
 * WebAssembly (cpu/wasm), so that all round after the same operations. The kernel of convolutional networks has the same
 * forms, see kernels/activate.ts.
 */
import type { Activation } from '../types.ts';

/** A name, or a constant, which is rounded to float32. */
type Operand = string | number;

/** `name = a operator b`; below and above: `name = a < b ? b : a` and `name = a > b ? b : a`, which leave NaN alone. */
export interface Step {
  readonly name: string;
  readonly operator: '+' | '-' | '*' | '/' | 'below' | 'above' | 'positive';
  readonly a: Operand;
  readonly b: Operand;
  /** positive: `name = a > 0 ? a : b` */
}

/** The argument of the first step; the name of the last step holds the result. */
export const argument = 'z';

/** tanh(z) = z P(z²) / Q(z²) on [-8.4, 8.4] and expm1(2z) = 2 z P / (Q - z P) for z <= 0: errors around 2e-8. */
const numerator = [1.42880414e-8, 2.12518686e-5, 0.00353356419, 0.134126885, 0.999999951];
const denominator = [8.14896265e-7, 0.000334846403, 0.0260204716, 0.467460022, 1];

/** log(1 + exp(-u)) = P(u) / Q(u) on [0, 17]. */
const tailNumerator = [-7.91108263e-7, 5.85819344e-5, -0.00176490917, 0.0271428079, -0.213876588, 0.693147164];
const tailDenominator = [8.51774728e-5, 0.000344017364, 0.00540815233, 0.0359063882, 0.156602169, 0.412787229, 1];

const step = (name: string, a: Operand, operator: Step['operator'], b: Operand): Step => ({ name, operator, a, b });

/** Horner's form, the highest coefficient first. */
function polynomial(letter: string, coefficients: readonly number[], variable: string): Step[] {
  const last = coefficients.length - 1;
  return coefficients.slice(1).flatMap((coefficient, index) => {
    const power = last - index - 1;
    const before = index === 0 ? coefficients[0]! : `${letter}${power + 1}`;
    return [
      step(`${letter}${power}s`, before, '*', variable),
      step(`${letter}${power}`, `${letter}${power}s`, '+', coefficient),
    ];
  });
}

/** zp = z P and q0 = Q of the clamped argument. */
const ratio = (value: string): Step[] => [
  step('low', value, 'below', -8.4),
  step('c', 'low', 'above', 8.4),
  step('s', 'c', '*', 'c'),
  ...polynomial('p', numerator, 's'),
  step('zp', 'p0', '*', 'c'),
  ...polynomial('q', denominator, 's'),
];

const tanhOf = (value: string): Step[] => [...ratio(value), step('t', 'zp', '/', 'q0')];

/** z > 0 ? z : alpha * (exp(z) - 1), scaled. */
const exponentialUnit = (alpha: number, scale: number): Step[] => [
  step('negative', argument, 'above', 0),
  step('half', 'negative', '*', 0.5),
  ...ratio('half'),
  step('d', 'q0', '-', 'zp'),
  step('n', 'zp', '+', 'zp'),
  step('e', 'n', '/', 'd'),
  ...(alpha === 1 ? [] : [step('ea', 'e', '*', alpha)]),
  step('u', argument, 'positive', alpha === 1 ? 'e' : 'ea'),
  ...(scale === 1 ? [] : [step('us', 'u', '*', scale)]),
];

/** No steps: the identity. */
export const activationSteps: Readonly<Record<Activation, readonly Step[]>> = {
  linear: [],
  relu: [step('h', argument, 'below', 0)],
  'hard-sigmoid': [
    step('slope', argument, '*', 0.2),
    step('line', 'slope', '+', 0.5),
    step('low', 'line', 'below', 0),
    step('h', 'low', 'above', 1),
  ],
  tanh: tanhOf(argument),
  sigmoid: [step('half', argument, '*', 0.5), ...tanhOf('half'), step('th', 't', '*', 0.5), step('h', 'th', '+', 0.5)],
  elu: exponentialUnit(1, 1),
  selu: exponentialUnit(1.6732632423543772, 1.0507009873554805),
  softplus: [
    step('minus', 0, '-', argument),
    step('size', argument, 'positive', 'minus'),
    step('u', 'size', 'above', 17),
    ...polynomial('p', tailNumerator, 'u'),
    ...polynomial('q', tailDenominator, 'u'),
    step('tail', 'p0', '/', 'q0'),
    step('ramp', argument, 'below', 0),
    step('h', 'ramp', '+', 'tail'),
  ],
};

/** A float32 constant, in digits that C and JavaScript read as the same float32. */
const digits = (value: number): string => String(Math.fround(value));

/** `0.5f` */
function floatLiteral(value: number): string {
  const text = digits(value);
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
}

/** Statements of scalar C; `z` is declared. */
export function scalarC(steps: readonly Step[], indent: string): string[] {
  const read = (operand: Operand) => (typeof operand === 'number' ? floatLiteral(operand) : operand);
  return steps.map(
    ({ name, operator, a, b }) => `${indent}const float ${name} = ${infix(operator, read(a), read(b))};`,
  );
}

function infix(operator: Step['operator'], a: string, b: string): string {
  switch (operator) {
    case 'below':
      return `${a} < ${b} ? ${b} : ${a}`;
    case 'above':
      return `${a} > ${b} ? ${b} : ${a}`;
    case 'positive':
      return `${a} > 0 ? ${a} : ${b}`;
    default:
      return `${a} ${operator} ${b}`;
  }
}

/** The same for four values at a time; division is the file's own `quotient`, which 32-bit ARM has no instruction for. */
export function vectorC(steps: readonly Step[], indent: string): string[] {
  const read = (operand: Operand) => (typeof operand === 'number' ? `vdupq_n_f32(${floatLiteral(operand)})` : operand);
  return steps.map((own) => {
    const text = intrinsic(own.operator, read(own.a), read(own.b));
    return `${indent}const float32x4_t ${own.name} = ${text};`;
  });
}

function intrinsic(operator: Step['operator'], a: string, b: string): string {
  switch (operator) {
    case '+':
      return `vaddq_f32(${a}, ${b})`;
    case '-':
      return `vsubq_f32(${a}, ${b})`;
    case '*':
      return `vmulq_f32(${a}, ${b})`;
    case '/':
      return `quotient(${a}, ${b})`;
    case 'below':
      return `vbslq_f32(vcltq_f32(${a}, ${b}), ${b}, ${a})`;
    case 'above':
      return `vbslq_f32(vcgtq_f32(${a}, ${b}), ${b}, ${a})`;
    case 'positive':
      return `vbslq_f32(vcgtq_f32(${a}, vdupq_n_f32(0.0f)), ${a}, ${b})`;
  }
}

/** Statements of TypeScript, each value rounded to float32 by `fround`. */
export function strictTypeScript(steps: readonly Step[], fround: string, indent: string): string[] {
  const read = (operand: Operand) => (typeof operand === 'number' ? digits(operand) : operand);
  return steps.map(({ name, operator, a, b }) => {
    const value = infix(operator, read(a), read(b));
    // Choosing between two float32 values rounds nothing.
    return `${indent}const ${name} = ${'+-*/'.includes(operator) ? `${fround}(${value})` : value};`;
  });
}
