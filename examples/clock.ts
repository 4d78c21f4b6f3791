/** The demo's second program: where ten thousand pendulums of different lengths are one second from now. */
import { type PendulumState, swing } from './pendulum.ts';

const count = 10_000;
const start = performance.now();
let energy = 0;
for (let index = 0; index < count; index++) {
  const share = index / (count - 1);
  const state: PendulumState = { angle: -1 + 2 * share, velocity: 3 * Math.sin(40 * share) };
  const { angle, velocity } = swing(state, 0.5 + 1.5 * share);
  energy += (0.5 * velocity ** 2 + 9.81 * (1 - Math.cos(angle))) / count;
}
const milliseconds = performance.now() - start;

console.log(`${count} pendulums hold ${energy.toFixed(3)} J/kg on average, computed in ${milliseconds.toFixed(1)} ms.`);
