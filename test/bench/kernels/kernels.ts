/**
 * The sample kernels of the benchmarks: small calculations of the kind that programs call often. Two are smooth, six
 * have branches or clamps, some of which only a small part of the inputs reaches.
 */

/**
 * Price of a European call (Black and Scholes, 1973), its normal distribution by Abramowitz and Stegun 26.2.17. Smooth.
 *
 * @range spot [60, 140]
 * @range strike [80, 120]
 * @range rate [0, 0.08]
 * @range volatility [0.1, 0.6]
 * @range years [0.1, 2]
 */
export function europeanCall(spot: number, strike: number, rate: number, volatility: number, years: number): number {
  const deviation = volatility * Math.sqrt(years);
  const d1 = (Math.log(spot / strike) + (rate + volatility ** 2 / 2) * years) / deviation;
  return spot * normal(d1) - strike * Math.exp(-rate * years) * normal(d1 - deviation);
}

function normal(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail =
    0.3989422804 *
    Math.exp((-x * x) / 2) *
    (t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))));
  return x > 0 ? 1 - tail : tail;
}

/**
 * Angle of the elbow of a two-link arm that reaches a point (inverse kinematics). Smooth.
 *
 * @range x [0.3, 1.2]
 * @range y [0.3, 1.2]
 */
export function elbow(x: number, y: number): number {
  const cosine = (x * x + y * y - 1 - 0.81) / (2 * 1 * 0.9);
  return Math.acos(Math.min(1, Math.max(-1, cosine)));
}

/**
 * Drag coefficient of a sphere over the Reynolds number's decimal logarithm and the surface's roughness: Schiller and
 * Naumann's law, a plateau, and the crisis, behind which the coefficient falls to a fifth. Branches.
 *
 * @range logReynolds [0, 6.5]
 * @range roughness [0, 1]
 */
export function drag(logReynolds: number, roughness: number): number {
  const reynolds = 10 ** logReynolds;
  if (reynolds < 1000) return (24 / reynolds) * (1 + 0.15 * reynolds ** 0.687);
  const crisis = 5.6 - 0.9 * roughness;
  if (logReynolds < crisis - 0.25) return 0.44;
  if (logReynolds > crisis + 0.15) return Math.min(0.4, 0.09 + 0.12 * (logReynolds - crisis));
  return 0.44 - (0.35 * (logReynolds - crisis + 0.25)) / 0.4;
}

/**
 * Deflection of a beam on two supports under a point load: another polynomial on either side of the load, and a stop
 * that the beam cannot bend past. A branch and a clamp.
 *
 * @range position [0, 1]
 * @range load [0.1, 0.9]
 * @range force [0, 40]
 */
export function beam(position: number, load: number, force: number): number {
  const [x, a] = position < load ? [position, load] : [1 - position, 1 - load];
  const b = 1 - a;
  return Math.min(0.35, (force * b * x * (1 - b * b - x * x)) / 6);
}

/**
 * Command of a controller: proportional with a dead band, a rate that is limited, and an override beyond a safe
 * temperature. Branches and clamps.
 *
 * @range error [-10, 10]
 * @range rate [-5, 5]
 * @range temperature [20, 120]
 */
export function control(error: number, rate: number, temperature: number): number {
  if (temperature > 110) return -1;
  const active = Math.abs(error) < 1 ? 0 : error - Math.sign(error);
  const limit = temperature > 90 ? 1 - (temperature - 90) / 25 : 1;
  return Math.min(limit, Math.max(-limit, 0.25 * active - 0.15 * rate));
}

/**
 * Force between two particles: Lennard-Jones, cut off at a distance, and capped where they nearly touch, with a charge
 * that is screened. The steep part is a small share of the inputs. A clamp and branches.
 *
 * @range distance [0.8, 4]
 * @range charge [-1, 1]
 * @range screening [0.5, 3]
 */
export function pairForce(distance: number, charge: number, screening: number): number {
  const electric = (charge * Math.exp(-distance / screening)) / distance;
  if (distance > 2.5) return electric;
  const sixth = (1 / distance) ** 6;
  return Math.min(30, (24 * sixth * (2 * sixth - 1)) / distance) + electric;
}

/**
 * Payout of a policy: nothing below the deductible, a share above it, all above the stop loss, a cap, and a bonus for the
 * few policies that are old and without claims. Branches, a clamp and a jump.
 *
 * @range loss [0, 100]
 * @range deductible [5, 40]
 * @range share [0.5, 1]
 * @range age [0, 30] integer
 */
export function payout(loss: number, deductible: number, share: number, age: number): number {
  const bonus = age > 25 && deductible > 30 ? 6 : 0;
  if (loss < deductible) return bonus;
  const stop = 3 * deductible;
  const paid = loss < stop ? share * (loss - deductible) : share * (stop - deductible) + (loss - stop);
  return Math.min(60, paid) + bonus;
}

/**
 * Friction of a block that is pushed: it sticks below a speed and up to a grip, and slides beyond. Branches, a clamp and
 * jumps.
 *
 * @range push [-10, 10]
 * @range speed [-3, 3]
 * @range load [1, 10]
 */
export function friction(push: number, speed: number, load: number): number {
  const grip = 0.6 * load;
  if (Math.abs(speed) < 0.2) return -Math.sign(push) * Math.min(Math.abs(push), grip);
  return -Math.sign(speed) * (0.4 + 0.2 * Math.exp(-Math.abs(speed))) * load;
}

export const kernelNames = [
  'europeanCall',
  'elbow',
  'drag',
  'beam',
  'control',
  'pairForce',
  'payout',
  'friction',
] as const;

/** Those with branches, clamps or jumps. */
export const branchyKernels = ['drag', 'beam', 'control', 'pairForce', 'payout', 'friction'] as const;
