/** The WebGPU trainer against the reference, on SwiftShader where the environment names no other driver. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { installPackages, vulkanEnvironment } from './webgpuSupport.ts';

interface Difference {
  readonly outcome: string;
  readonly weights: number;
  readonly trainLoss: number;
  readonly validationLoss: number;
}

test('the WebGPU trainers follow the reference', async (context) => {
  const log = (line: string) => context.diagnostic(line);
  const packages = await installPackages(log);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'webgpuChild.ts'), packages],
    { encoding: 'utf8', env: { ...process.env, ...(await vulkanEnvironment(log)) }, timeout: 120_000 },
  );
  assert.equal(status, 0, stderr);
  const { differences, leaked } = JSON.parse(stdout) as { differences: Difference[]; leaked: number };
  assert.equal(leaked, 0);
  // Two perceptrons and a convolutional network.
  assert.equal(differences.length, 3);
  for (const { outcome, weights, trainLoss, validationLoss } of differences) {
    assert.equal(outcome, 'finished');
    // A GPU's exponential and tanh may be wrong in their last bits; a wrong rule shows as 1e-2 after four updates.
    assert.ok(weights < 1e-4, `weights differ by ${weights}`);
    assert.ok(trainLoss < 1e-4, `training losses differ by ${trainLoss}`);
    assert.ok(validationLoss < 1e-4, `validation losses differ by ${validationLoss}`);
  }
});
