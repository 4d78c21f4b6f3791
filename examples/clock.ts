/** The demo's second program: swings a thousand pendulums for ten seconds, one second at a time. */
import { type PendulumState, swing } from './pendulum.ts';

const pendulums: PendulumState[] = Array.from({ length: 1000 }, (_, index) => ({
  angle: -0.5 + index / 999,
  velocity: 0,
}));

const start = performance.now();
let seconds = 0;
for (; seconds < 10; seconds++) {
  for (const [index, pendulum] of pendulums.entries()) {
    pendulums[index] = swing(pendulum, 0.5 + (1.5 * index) / 999);
  }
}
const milliseconds = performance.now() - start;

const energy = pendulums.reduce(
  (sum, { angle, velocity }) => sum + 0.5 * velocity ** 2 + 9.81 * (1 - Math.cos(angle)),
  0,
);
console.log(
  `After ${seconds} s, 1000 pendulums hold ${energy.toFixed(2)} J/kg, computed in ${milliseconds.toFixed(1)} ms.`,
);
