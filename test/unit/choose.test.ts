import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withObjections } from '../../server/pipeline/breakEven.ts';
import { choose, type MeasuredPoint } from '../../server/pipeline/choose.ts';

const point = (id: string, nrmse: number, latencyNs: number, interval: readonly [number, number]): MeasuredPoint => ({
  id,
  topology: id,
  activation: 'relu',
  params: 10,
  bytes: 40,
  macs: 8,
  error: { nrmse, meanRelative: nrmse, p99: nrmse, max: nrmse, missRate: 0 },
  latencyNs,
  speedup: (interval[0] + interval[1]) / 2,
  speedupInterval: interval,
  generation: 1,
  onFront: true,
});

const accurate = point('accurate', 0.001, 200, [4.9, 5.1]);
const fast = point('fast', 0.01, 50, [19, 21]);
const rough = point('rough', 0.2, 10, [95, 105]);

test('the fastest network within the bound', () => {
  assert.deepEqual(choose([accurate, fast, rough], 0.05, 1000), {
    chosen: 'fast',
    met: true,
    reason:
      'The network fast is 20 times faster than the exact function (95 % interval 19 to 21; error 1.00 %, bound 5 %).',
  });
});

test('a bound that nothing reaches chooses the most accurate network and says what can be done', () => {
  const { chosen, met, reason } = choose([accurate, fast, rough], 0.0001, 1000);
  assert.deepEqual({ chosen, met }, { chosen: 'accurate', met: false });
  assert.match(reason, /^No network reached an error of 0\.01 %; the best one has 0\.100 %\. Allow a larger error/);
});

test('a dominated network is not proposed, however fast', () => {
  assert.equal(choose([accurate, { ...fast, onFront: false }], 0.05, 1000).chosen, 'accurate');
});

const speeds: readonly [name: string, interval: readonly [number, number], met: boolean, reason: RegExp][] = [
  [
    'clearly slower',
    [0.4, 0.5],
    false,
    /^The network x would be 2\.2 times slower, 95 % interval 2 to 2\.5 \(error 1\.00 %, bound 5 %\)\.$/,
  ],
  ['not clearly either', [0.9, 1.1], false, /^The network x is not clearly faster, .* 0\.9 to 1\.1 \(/],
  ['just faster', [1.01, 1.2], true, /^The network x is 1\.1 times faster/],
];

for (const [name, interval, met, reason] of speeds) {
  test(`${name}: the criterion needs the whole interval above 1`, () => {
    const choice = choose([point('x', 0.01, 50, interval)], 0.05, 60);
    assert.equal(choice.met, met);
    assert.match(choice.reason, reason);
  });
}

const slow = point('5-8-8-1', 0.01, 50, [0.4, 0.5]);
const causes: readonly [name: string, changed: Partial<MeasuredPoint>, exactNs: number, cause: RegExp | undefined][] = [
  [
    'a function below what any network costs',
    {},
    30,
    /too cheap: it takes 30 ns, and the fastest network here 50 ns\./,
  ],
  [
    'a dear activation, in straight-line code',
    { topology: '3-4-1', activation: 'tanh' },
    60,
    /dear: about 5\d(\.\d)? % of a call goes into tanh\./,
  ],
  ['neither', {}, 60, undefined],
  [
    'a batch that pays',
    { batch: { latencyNs: 5, speedup: 8, speedupInterval: [7, 9] } },
    60,
    /batch function is 8 times faster/,
  ],
];
for (const [name, changed, exactNs, cause] of causes) {
  test(`why a network does not pay: ${name}`, () => {
    const { reason } = choose([{ ...slow, ...changed }], 0.05, exactNs);
    if (cause) assert.match(reason, cause);
    else assert.match(reason, /\)\.$/);
  });
}

test('a network that does not pay, or misses the bound, is not applied without an explicit choice', () => {
  const points = withObjections([fast, rough, slow], { maxError: 0.05, exactNs: 1000 });
  assert.equal(points[0]!.objection, undefined);
  assert.match(points[1]!.objection!, /^Its error is 20\.0 %, the bound 5 %\.$/);
  assert.match(points[2]!.objection!, /^The network 5-8-8-1 would be 2\.2 times slower, 95 % interval 2 to 2\.5\.$/);
});
