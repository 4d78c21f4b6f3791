/**
 * The price of an American put option on a binomial tree (Cox, Ross and Rubinstein, 1979).
 * The tree has 128 steps, so one price walks more than 8,000 nodes: a hot function in any risk calculation.
 *
 * @approximate error 0.005
 * @range spot [60, 140]
 * @range strike [80, 120]
 * @range rate [0, 0.08]
 * @range volatility [0.1, 0.6]
 * @range years [0.1, 2]
 */
export function americanPut(spot: number, strike: number, rate: number, volatility: number, years: number): number {
  const steps = 128;
  const dt = years / steps;
  const up = Math.exp(volatility * Math.sqrt(dt));
  const down = 1 / up;
  const growth = Math.exp(rate * dt);
  const probability = (growth - down) / (up - down);
  const values = new Float64Array(steps + 1);
  for (let i = 0; i <= steps; i++) values[i] = Math.max(0, strike - spot * up ** (2 * i - steps));
  for (let step = steps - 1; step >= 0; step--) {
    for (let i = 0; i <= step; i++) {
      const held = (probability * values[i + 1]! + (1 - probability) * values[i]!) / growth;
      const exercised = strike - spot * up ** (2 * i - step);
      values[i] = Math.max(held, exercised);
    }
  }
  return values[0]!;
}
