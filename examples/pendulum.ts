/** State of a driven, damped pendulum. Angle in radians, velocity in radians per second. */
export interface PendulumState {
  angle: number;
  velocity: number;
}

const gravity = 9.81;
const damping = 0.25;

function acceleration(angle: number, velocity: number, length: number): number {
  return -(gravity / length) * Math.sin(angle) - damping * velocity;
}

/**
 * Where a damped pendulum is after one second: a fourth-order Runge-Kutta integration in 200 steps.
 * A game or a controller that asks for many pendulums spends its time here.
 *
 * @approximate error 0.002
 * @range state.angle [-1, 1]
 * @range state.velocity [-3, 3]
 * @range length [0.5, 2]
 */
export function swing(state: PendulumState, length: number): PendulumState {
  const steps = 200;
  const dt = 1 / steps;
  let { angle, velocity } = state;
  for (let step = 0; step < steps; step++) {
    const k1 = acceleration(angle, velocity, length);
    const v2 = velocity + (dt / 2) * k1;
    const k2 = acceleration(angle + (dt / 2) * velocity, v2, length);
    const v3 = velocity + (dt / 2) * k2;
    const k3 = acceleration(angle + (dt / 2) * v2, v3, length);
    const v4 = velocity + dt * k3;
    const k4 = acceleration(angle + dt * v3, v4, length);
    angle += (dt / 6) * (velocity + 2 * v2 + 2 * v3 + v4);
    velocity += (dt / 6) * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  return { angle, velocity };
}
