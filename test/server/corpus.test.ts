/**
 * The corpus in test/fixtures/corpus: functions as people write them, each marked `@corpus pure` or `@corpus impure` by what
 * it does, not by what the product can tell. Every impure one has to be refused, by the analysis or when it is sampled.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sampleDomain } from '../../engine/data/sobol.ts';
import { bundleRegion } from '../../server/sampling/bundle.ts';
import { sampleRegion } from '../../server/sampling/sampler.ts';
import { Sandbox } from '../../server/sampling/sandbox.ts';
import { analyse, createSourceProject, fillRanges } from '../../server/source/index.ts';
import { succeeded } from './outcomes.ts';
import { fixture } from './samplingSupport.ts';

const project = createSourceProject();
let folder: string;
let sandbox: Sandbox;

before(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-corpus-')));
  cpSync(fixture('../corpus'), folder, { recursive: true });
  sandbox = succeeded(await Sandbox.start()).sandbox;
});
after(async () => {
  await sandbox.dispose();
  rmSync(folder, { recursive: true, force: true });
});

interface Member {
  readonly file: string;
  readonly name: string;
  readonly pure: boolean;
}

/** The marked functions: the name that is declared next after the mark. */
function membersOf(file: string): Member[] {
  const text = readFileSync(fixture(`../corpus/${file}`), 'utf8');
  let owner = '';
  return text.split('\n').flatMap((line, index, lines): Member[] => {
    owner = /^export class (\w+)/u.exec(line)?.[1] ?? (line === '}' ? '' : owner);
    const mark = /@corpus (pure|impure)/u.exec(line);
    if (!mark) return [];
    const declared = lines.slice(index).find((next) => !/^\s*(?:\/?\*|\/\/)/u.test(next)) ?? '';
    const name = /(?:const|function\*?|static|^ {2})\s*(\w+)\s*(?:[=(:])/u.exec(declared)?.[1];
    assert.ok(name, `${file}:${index + 1} marks nothing`);
    return [{ file, name: owner === '' ? name : `${owner}.${name}`, pure: mark[1] === 'pure' }];
  });
}

const members = readdirSync(fixture('../corpus')).flatMap(membersOf);

/** Why the function was not taken, or undefined where it was analysed and sampled without an objection. */
async function refusal({ file, name }: Member): Promise<string | undefined> {
  const path = join(folder, file);
  const analysis = analyse(project, { file: path, name });
  if (analysis.kind === 'none') return 'no such function';
  if (analysis.kind === 'refused') return analysis.reasons.map(({ message }) => message).join(' ');
  const { region } = analysis;
  const domain = fillRanges(
    analysis.domain,
    Object.fromEntries(analysis.missing.map(({ path }) => [path, [0.1, 0.9]])),
  );
  const bundle = await bundleRegion({ file: path, access: region.access });
  if (bundle.kind === 'failed') return bundle.message;
  const loaded = await sandbox.load(name, bundle.code);
  if (loaded.kind === 'failed') return loaded.message;
  const draw = (count: number, seed: number) => sampleDomain(domain, count, seed);
  const sampled = await sampleRegion({ sandbox, id: name, region, draw, count: 500, seed: 1, timeLimitMs: 1000 });
  return sampled.kind === 'failed' ? sampled.message : undefined;
}

test('the corpus holds at least 100 functions', () => assert.ok(members.length >= 100, String(members.length)));

describe('impure functions are refused', () => {
  for (const member of members.filter(({ pure }) => !pure)) {
    test(`${member.file}#${member.name}`, async () => assert.ok(await refusal(member)));
  }
});

test('at least 95 % of the pure functions are taken', async (t) => {
  const pure = members.filter((member) => member.pure);
  const refused: string[] = [];
  for (const member of pure) {
    const reason = await refusal(member);
    if (reason !== undefined) refused.push(`${member.file}#${member.name}: ${reason}`);
  }
  t.diagnostic(`${pure.length - refused.length} of ${pure.length} pure functions are taken`);
  assert.ok(refused.length <= 0.05 * pure.length, refused.join('\n'));
});

test('nothing was written beside the corpus', () => {
  assert.deepEqual(readdirSync(folder).sort(), readdirSync(fixture('../corpus')).sort());
});
