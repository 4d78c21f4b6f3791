/** CPU profiles: what each function took, alone and with what it calls, and what is no profile. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { functionTimes, parseProfile } from '../../server/hotspots/profile.ts';

const node = (id: number, functionName: string, children: number[] = [], more: object = {}) => ({
  id,
  callFrame: { functionName, url: functionName.startsWith('(') ? '' : 'file:///a.js', lineNumber: 0, columnNumber: 0 },
  children,
  ...more,
});

/** main calls f, which calls itself and g; g is called by main too. */
const nodes = [
  node(1, '(root)', [2, 7]),
  node(2, 'main', [3, 6]),
  node(3, 'f', [4]),
  node(4, 'f', [5]),
  node(5, 'g'),
  node(6, 'g'),
  node(7, '(idle)'),
];
const times = (profile: object) => {
  const parsed = parseProfile('x.cpuprofile', JSON.stringify(profile));
  assert.ok(parsed.kind === 'profile', JSON.stringify(parsed));
  const named = functionTimes(parsed, ({ functionName }) => (functionName.startsWith('(') ? undefined : functionName));
  return { busy: parsed.busy, ...Object.fromEntries(named) };
};

test('a sample lasts until the next one; recursion counts once, and idle time not at all', () => {
  const profile = {
    nodes,
    startTime: 0,
    endTime: 800,
    samples: [2, 3, 4, 5, 6, 7, 3],
    timeDeltas: [5, 10, 20, 40, 80, 160, 300],
  };
  assert.deepEqual(times(profile), {
    busy: 10 + 20 + 40 + 80 + 160 + 300,
    main: { self: 10, total: 610 },
    f: { self: 20 + 40 + 300, total: 20 + 40 + 80 + 300 },
    g: { self: 80 + 160, total: 80 + 160 },
  });
});

test('without samples the counts of hits share the time', () => {
  const counted = nodes.map((each) => ({ ...each, hitCount: each.id === 2 ? 3 : each.id === 5 ? 1 : 0 }));
  const { main, g } = times({ nodes: counted, startTime: 100, endTime: 500 }) as unknown as Record<string, object>;
  assert.deepEqual(
    [main, g],
    [
      { self: 300, total: 400 },
      { self: 100, total: 100 },
    ],
  );
});

test('a tree as deep as a stack can be', () => {
  const depth = 20_000;
  const deep = Array.from({ length: depth }, (_, at) =>
    node(at + 1, at % 2 ? 'f' : 'g', at + 1 < depth ? [at + 2] : []),
  );
  const { f, g } = times({ nodes: deep, startTime: 0, endTime: 10, samples: [depth], timeDeltas: [1, 10] }) as never;
  assert.deepEqual(
    [f, g],
    [
      { self: 10, total: 10 },
      { self: 0, total: 10 },
    ],
  );
});

describe('what is no profile is refused with the reason', () => {
  const cases: readonly [title: string, text: string, message: RegExp][] = [
    ['text', 'hello', /x\.cpuprofile is no JSON file\./],
    ['other JSON', '{"nodes":[{"id":1}]}', /is no CPU profile: nodes\.0\.callFrame: /],
    ['a heap profile', '{"head":{},"samples":[]}', /is no CPU profile: nodes: /],
    ['one without functions', '{"nodes":[],"startTime":0,"endTime":1}', /holds no functions/],
    ['one without samples', JSON.stringify({ nodes, startTime: 0, endTime: 1 }), /holds no samples/],
  ];
  for (const [title, text, message] of cases) {
    test(title, () => {
      const parsed = parseProfile('x.cpuprofile', text);
      assert.match(parsed.kind === 'failed' ? parsed.message : '', message);
    });
  }
});
