import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { AnyTopology } from '../../engine/types.ts';
import { circuitFor, configJsonSchema, defaultConfig, loadConfig, parameterLimit } from '../../server/config.ts';
import { cnnTopologyWith } from './cnnHelpers.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'deepmaker-config-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (text: string) => writeFileSync(join(root, 'deepmaker.config.json'), text);

test('without a file the defaults hold', () => {
  assert.deepEqual(loadConfig({ root }), { kind: 'config', config: defaultConfig });
});

test('the file overrides defaults, settings override the file, flags override settings', () => {
  write('{ "population": 10, "generations": 3, "seed": 7 }');
  const loaded = loadConfig({ root, layers: [{ generations: 4, seed: undefined }, { seed: 9 }] });
  assert.ok(loaded.kind === 'config');
  const { population, generations, seed } = loaded.config;
  assert.deepEqual({ population, generations, seed }, { population: 10, generations: 4, seed: 9 });
});

test('a group is overridden setting by setting', () => {
  write('{ "pruning": { "alphas": [0.2] }, "quantisation": { "formats": [] } }');
  const loaded = loadConfig({ root, layers: [{ pruning: { fineTuneEpochs: 3 } }] });
  assert.ok(loaded.kind === 'config');
  assert.deepEqual(loaded.config.pruning, { ...defaultConfig.pruning, alphas: [0.2], fineTuneEpochs: 3 });
  assert.deepEqual(loaded.config.quantisation, { ...defaultConfig.quantisation, formats: [] });
});

const limits: readonly (readonly [Partial<typeof defaultConfig>, number | undefined])[] = [
  [{}, undefined],
  [{ maxParams: 500 }, 500],
  [{ maxBytes: 1003 }, 250],
  [{ maxParams: 500, maxBytes: 1000 }, 250],
  [{ maxParams: 100, maxBytes: 1000 }, 100],
];

for (const [given, limit] of limits) {
  test(`${JSON.stringify(given)} allows ${limit ?? 'any number of'} parameters`, () => {
    assert.equal(parameterLimit({ ...defaultConfig, ...given }), limit);
  });
}

const broken: readonly [string, RegExp][] = [
  ['{ "population": 1 }', /population/],
  ['{ "populaton": 30 }', /populaton/],
  ['{ "seed": -1 }', /seed/],
  ['{ "maxError": 0 }', /maxError/],
  ['{ "pruning": { "alphas": [0.5, 0.2] } }', /pruning\.alphas: must ascend/],
  ['{ "pruning": { "alphas": [30] } }', /pruning\.alphas/],
  ['{ "quantisation": { "formats": ["int4"] } }', /quantisation\.formats/],
  ['[1]', /must be an object/],
  ['{ "population": ', /JSON/],
];

for (const [text, message] of broken) {
  test(`${text} is refused with its place`, () => {
    write(text);
    const loaded = loadConfig({ root });
    assert.ok(loaded.kind === 'failed');
    assert.match(loaded.message, message);
    assert.match(loaded.message, /deepmaker\.config\.json/);
  });
}

test('a flag that is no number is refused', () => {
  const loaded = loadConfig({ root, layers: [{ population: Number('many') }] });
  assert.ok(loaded.kind === 'failed');
  assert.match(loaded.message, /population/);
});

test('a named file must exist', () => {
  assert.equal(loadConfig({ root, file: join(root, 'none.json') }).kind, 'failed');
});

test('the JSON Schema describes every setting and requires none', () => {
  const schema = configJsonSchema() as { properties: Record<string, { description?: string }>; required?: string[] };
  for (const name of Object.keys(defaultConfig)) assert.ok(schema.properties[name]?.description, name);
  assert.deepEqual(schema.required ?? [], []);
});

test("the editor's settings offer the same choices and defaults", () => {
  interface Setting {
    readonly enum?: readonly (string | null)[];
    readonly default?: unknown;
    readonly properties?: Record<string, Setting>;
  }
  // A setting of a group is named with it: `pruning.alphas`.
  const settingAt = (key: string) =>
    key.split('.').reduce<Setting | undefined>((setting, part) => setting?.properties?.[part], schema);
  const valueAt = (key: string) =>
    key
      .split('.')
      .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], defaultConfig);
  const schema = configJsonSchema() as Setting;
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    contributes: { configuration: { properties: Record<string, Setting> }[] };
  };
  const found: string[] = [];
  for (const [name, setting] of manifest.contributes.configuration.flatMap((page) => Object.entries(page.properties))) {
    const key = name.replace(/^deepmaker\./, '');
    const own = settingAt(key);
    if (!own) continue;
    // null is for what has no default.
    assert.deepEqual(
      setting.enum?.filter((value) => value !== null),
      own.enum,
      name,
    );
    assert.deepEqual(setting.default, valueAt(key) ?? null, name);
    if (setting.enum || key.includes('.')) found.push(key);
  }
  const groups = [
    'fpga.circuit',
    'fpga.multipliers',
    'pruning.alphas',
    'pruning.fineTuneEpochs',
    'quantisation.formats',
  ];
  assert.deepEqual(found.sort(), ['guard', ...groups, 'selection', 'trainer'].sort());
});

test('the circuit: later layers win key by key, and a convolutional network streams', () => {
  const circuitOf = (layers: readonly Readonly<Record<string, unknown>>[], topology: AnyTopology = perceptron) => {
    const loaded = loadConfig({ root: import.meta.dirname, layers });
    assert.ok(loaded.kind === 'config', JSON.stringify(loaded));
    return circuitFor(loaded.config, topology);
  };
  const perceptron = { widths: [2, 4, 1], activation: 'relu' } as const;
  const parallel = { fpga: { circuit: 'parallel' } };
  const many = { fpga: { multipliers: 8 } };
  assert.equal(circuitOf([]), undefined);
  assert.deepEqual(circuitOf([many]), { form: 'streaming', macs: 8 });
  assert.deepEqual(circuitOf([many, parallel]), { form: 'parallel' });
  assert.deepEqual(circuitOf([{ fpga: { circuit: 'streaming' } }]), { form: 'streaming' });
  assert.equal(circuitOf([parallel], cnnTopologyWith({})), undefined);
  assert.deepEqual(circuitOf([many, parallel], cnnTopologyWith({})), { form: 'streaming', macs: 8 });
  const wrong = loadConfig({ root: import.meta.dirname, layers: [{ fpga: { multipliers: 65 } }] });
  assert.ok(wrong.kind === 'failed' && /fpga\.multipliers/.test(wrong.message));
});
