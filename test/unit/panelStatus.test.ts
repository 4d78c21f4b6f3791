import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PanelStatus } from '../../client/messages.ts';
import { statusText, useState } from '../../client/webview/status.ts';
import type { RunStage } from '../../server/protocol.ts';
import { frontView, point } from './clientHelpers.ts';

const running: PanelStatus = { kind: 'running' };
const ready: PanelStatus = { kind: 'ready' };

test('every stage of a run has its text', () => {
  const text = (stage: RunStage) => statusText(running, frontView({ stage, generation: 2, evaluations: 60 })).text;
  assert.equal(statusText(running, undefined).text, 'Starting…');
  assert.equal(text('analysing'), 'Analysing the function…');
  assert.equal(text('sampling'), 'Sampling the function…');
  assert.equal(text('searching'), 'Searching: generation 2 of 5, 60 networks trained');
  assert.equal(text('training'), 'Training the networks on the front…');
  assert.equal(text('measuring'), 'Measuring the generated code…');
});

test('every end has its text, its next step and its tone', () => {
  const view = frontView();
  assert.deepEqual(statusText({ kind: 'cancelled' }, frontView({ stage: 'searching', evaluations: 42 })), {
    text: 'Cancelled after 42 networks.',
    hint: 'Run again to continue where it stopped.',
    busy: false,
    tone: 'warning',
    action: 'run',
  });
  assert.deepEqual(
    statusText({ kind: 'failed', note: { message: 'No samples.', hint: 'Widen the range.' } }, undefined),
    {
      text: 'No samples.',
      hint: 'Widen the range.',
      busy: false,
      tone: 'error',
      action: 'run',
      log: true,
    },
  );
  assert.deepEqual(statusText({ kind: 'none', note: { message: 'No run yet.', hint: 'Run it.' } }, undefined), {
    text: 'No run yet.',
    hint: 'Run it.',
    busy: false,
    tone: 'neutral',
    action: 'first-run',
  });
  assert.deepEqual(statusText(ready, frontView({ stale: 'It has changed.' })), {
    text: 'It has changed.',
    hint: 'Run again to search networks for the function as it is now.',
    busy: false,
    tone: 'warning',
    action: 'run',
  });
  assert.deepEqual(statusText(ready, view), {
    text: 'It is 3.2 times faster, with 1 % error.',
    busy: false,
    tone: 'good',
  });
  const missed = frontView({ criterion: { met: false, reason: 'The exact function is faster.' } });
  assert.equal(statusText(ready, missed).tone, 'warning');
  assert.equal(statusText({ kind: 'ready', note: { message: 'Not changed.' } }, view).text, 'Not changed.');
});

test('a run can be stopped while it goes on, and not twice', () => {
  assert.equal(statusText({ kind: 'waiting' }, undefined).action, 'stop');
  assert.equal(statusText(running, frontView({ stage: 'measuring' })).action, 'stop');
  assert.equal(statusText({ kind: 'stopping' }, undefined).action, undefined);
});

test('the progress of the search is the share of its generations', () => {
  const progress = (hypervolume: readonly number[], generations = 5) =>
    statusText(running, frontView({ stage: 'searching', hypervolume, generations })).progress;
  assert.equal(progress([]), 0);
  assert.equal(progress([1, 2]), 0.4);
  assert.equal(progress([1, 2, 3], 2), 1, 'never beyond its end');
});

test('a network can be used once the run is done, and says so before', () => {
  const view = frontView();
  const fast = point('b', 20, 0.01, { speedup: 3 });
  assert.deepEqual(useState(ready, view, fast), { kind: 'use', label: 'Use this network' });
  assert.deepEqual(
    useState({ ...ready, note: { message: 'Failed.' } }, view, fast).kind,
    'use',
    'it can be tried again',
  );
  assert.deepEqual(useState(running, frontView({ stage: 'searching' }), fast), {
    kind: 'disabled',
    reason: 'Available when the run is done.',
  });
  assert.deepEqual(useState({ kind: 'waiting' }, view, fast).kind, 'disabled', 'the front is about to be replaced');
  assert.deepEqual(useState({ kind: 'cancelled' }, frontView({ stage: 'searching' }), fast), {
    kind: 'disabled',
    reason: 'This run did not finish. Run again to finish it.',
  });
  assert.equal(useState({ kind: 'editing' }, view, fast).kind, 'disabled');
  assert.equal(useState(ready, frontView({ applied: 'b' }), fast).kind, 'applied');
  const dominated = { ...fast, onFront: false };
  assert.equal(useState(ready, frontView({ applied: 'b' }), dominated).kind, 'applied', 'it can be taken out again');
  assert.deepEqual(useState(ready, frontView({ stale: 'It has changed.' }), fast), {
    kind: 'disabled',
    reason: 'It was trained for an earlier version of the function.',
  });
});

test('a network that is slower or too wrong is not offered as an improvement', () => {
  const objection = 'The network 2-4-1 would be 2 times slower, 95 % interval 1.9 to 2.1.';
  assert.deepEqual(useState(ready, frontView(), point('b', 20, 0.01, { speedup: 0.5, objection })), {
    kind: 'use',
    label: 'Use this network anyway',
    advice: objection,
  });
  assert.equal(useState(ready, frontView(), point('x', 20, 0.01, { onFront: false })).kind, 'disabled');
});
