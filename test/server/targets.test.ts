/** One run, every target: estimated over the pipe without training, exported and applied with the check that each target has. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type TargetId, targetIds } from '../../engine/types.ts';
import type { EditOutcome, Failure, FrontView, Objection, TargetEstimates } from '../../server/protocol.ts';
import { armPrograms } from '../../server/targets/arm.ts';
import { findTarget } from '../../server/targets/registry.ts';
import { HostError } from '../extension/host/cache.ts';
import { RpcClient } from './rpcClient.ts';
import { installPackages, vulkanEnvironment } from './webgpuSupport.ts';

const root = join(import.meta.dirname, '..', '..');
const cli = join(root, 'dist', 'cli.cjs');
const source = `/**
 * @approximate error 0.1
 * @range x [0, 2]
 * @range y [-1, 1]
 */
export function hill(x: number, y: number): number {
  let sum = 0;
  for (let i = 1; i <= 500; i++) sum += Math.exp(-((x - i / 500) ** 2) - y * y) / 500;
  return sum;
}
`;
const config = { samples: 2000, searchEpochs: 4, fullEpochs: 40, batchSize: 32, population: 6, generations: 2 };
const log = (line: string) => console.log(`# ${line}`);

let folder: string;
let environment: Readonly<Record<string, string>> = {};
let runId: string;
/** Circuits of larger networks take long to synthesise. */
let smallest: string;

before(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-targets-')));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'hill.ts'), source);
  writeFileSync(join(folder, 'deepmaker.config.json'), JSON.stringify(config));
  const { status, stdout, stderr } = deepmaker('approximate', 'hill.ts#hill', '--json');
  assert.equal(status, 0, stderr);
  const { front } = JSON.parse(stdout) as { front: { id: string }[] };
  smallest = front[0]!.id;
  [runId] = readdirSync(join(folder, '.deepmaker', 'runs')) as [string];
});
after(() => rmSync(folder, { recursive: true, force: true }));

function deepmaker(...args: readonly string[]) {
  const env = { ...process.env, ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr };
}

const generated = (where: string) => readFileSync(join(folder, where, 'hill.approx.ts'), 'utf8');
const checkedLine = (label: string) =>
  new RegExp(
    `Checked for ${label} on \\d+ test rows: NRMSE ([\\d.]+) %, largest error [\\d.]+ % of the output's range`,
  );

describe('over the pipe', () => {
  let client: RpcClient;
  let front: FrontView;
  const uri = () => pathToFileURL(join(folder, 'hill.ts')).href;

  before(async () => {
    client = new RpcClient(process.execPath, [cli, 'lsp', '--stdio']);
    const rootUri = pathToFileURL(folder).href;
    await client.request('initialize', { processId: process.pid, rootUri, capabilities: {} }).response;
    client.notify('initialized', {});
    const stored = await client.request<{ front: FrontView }>('deepmaker/front', { uri: uri(), runId }).response;
    front = stored.front;
  });
  after(async () => assert.equal(await client.stop(), 0));

  const estimate = (target: TargetId, id = runId) =>
    client.request<TargetEstimates | Failure>('deepmaker/estimate', { uri: uri(), runId: id, target }).response;
  const apply = (more: object) =>
    client.request<EditOutcome | Objection>('deepmaker/apply', {
      ...{ runId, candidateId: front.chosen, target: 'cpu', uri: uri(), trusted: true, force: true },
      ...more,
    }).response;

  test('every network that can be used is estimated for each target, in its own figures', async () => {
    const offered = front.points.filter(({ latencyNs }) => latencyNs !== undefined).map(({ id }) => id);
    const labels: Partial<Record<TargetId, RegExp>> = {
      cpu: /Call at least/,
      gpu: /Call at least/,
      arm: /Flash on a Cortex-M4,Flash on a Cortex-M3,RAM on a Cortex-M,.*Call at least/,
      fpga: /LUT,FF,DSP,Block RAM,Latency.*Call at least/,
    };
    for (const target of targetIds) {
      const outcome = await estimate(target);
      assert.ok(outcome.kind === 'estimates', JSON.stringify(outcome));
      assert.equal(outcome.target, target);
      assert.deepEqual(outcome.networks.map(({ id }) => id).sort(), [...offered].sort());
      for (const { id, figures, devices, refusal } of outcome.networks) {
        assert.equal(refusal, undefined, id);
        for (const { value, basis } of figures)
          assert.ok(Number.isFinite(value) && value >= 0 && /\.$/.test(basis), id);
        const [parameters] = figures;
        assert.equal(parameters!.label, 'Parameters');
        assert.match(figures.map(({ label }) => label).join(), labels[target] ?? /Working memory/);
        assert.equal(devices!.table.rows.length, 4);
      }
    }
    assert.equal((await estimate('arm', 'gone')).kind, 'failed');
    const dspsOf = async (settings: object) => {
      const params = { uri: uri(), runId, target: 'fpga', settings };
      const outcome = await client.request<TargetEstimates>('deepmaker/estimate', params).response;
      return outcome.networks.map(({ figures }) => figures.find(({ label }) => label === 'DSP')!.value);
    };
    for (const multipliers of [2, 9]) {
      const dsps = await dspsOf({ fpga: { multipliers } });
      assert.ok(
        dsps.every((dsp) => dsp === multipliers || dsp === multipliers + 1),
        dsps.join(),
      );
    }
  });

  test('applying for another target checks its code, and puts what it found into the head', async () => {
    const outcome = await apply({ target: 'arm' });
    assert.ok(outcome.kind === 'edit', JSON.stringify(outcome));
    const unusable = await unavailable('arm');
    assert.match(outcome.checked!.join(' '), unusable ?? checkedLine('ARM'));
    const text = JSON.stringify(outcome.edit);
    assert.ok(text.includes(JSON.stringify(outcome.checked![0]!).slice(1, -1)), text.slice(0, 1000));
    const circuit = await apply({ target: 'fpga', candidateId: smallest });
    assert.ok(circuit.kind === 'edit', JSON.stringify(circuit));
    const brief = /Simulated by Icarus Verilog: hillApprox_nn: \d+ vectors, .*Exporting it simulates more/;
    assert.match(circuit.checked!.join(' '), (await unavailable('fpga')) ?? brief);
    assert.doesNotMatch(circuit.checked!.join(' '), /Yosys|Verilator/);
    const refused = await apply({ trusted: false });
    assert.ok(refused.kind === 'failed' && /not trusted/.test(refused.message));
  });
});

/** Lines that a program adds to a file each time it is started, in place of the one that it stands for. */
function countingProgram(name: string): { readonly folder: string; readonly starts: () => number } {
  const bin = mkdtempSync(join(folder, 'bin-'));
  const real = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
  writeFileSync(join(bin, name), `#!/bin/sh\necho x >> ${bin}/starts\nexec ${real} "$@"\n`, { mode: 0o755 });
  const starts = join(bin, 'starts');
  return { folder: bin, starts: () => (existsSync(starts) ? readFileSync(starts, 'utf8').length / 2 : 0) };
}

test('what is written and applied in one go is checked once', async () => {
  if (await unavailable('arm')) return;
  const compiler = Object.keys(armPrograms)[0]!;
  const counted = countingProgram(compiler);
  const path = [counted.folder, process.env.PATH].join(delimiter);
  const args = ['approximate', 'hill.ts#hill', '--target', 'arm', '--out', 'both', '--apply', '--json'];
  const env = { ...process.env, PATH: path };
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  assert.equal(status, 0, stderr);
  assert.equal((JSON.parse(stdout) as { applied: boolean }).applied, true);
  assert.equal(counted.starts(), 1);
  assert.equal(generated('both'), generated('.'));
  assert.equal(deepmaker('revert', 'hill.ts#hill').status, 0);
});

/** What is said where the target's programs are missing, which must not be so in CI; undefined where they are here. */
async function unavailable(id: TargetId): Promise<RegExp | undefined> {
  const found = findTarget(id);
  assert.ok(found.kind === 'target');
  const problem = await found.found.unavailable();
  assert.ok(!problem || !process.env.CI, problem?.message);
  if (problem) log(`Not checked on this machine: ${problem.message} ${problem.hint}`);
  return problem && /Not checked here: .*(apt-get|npm) install/;
}

describe('exports are checked with what the target has', () => {
  for (const [target, label] of [
    ['arm', 'ARM'],
    ['fpga', 'FPGA'],
  ] as const) {
    test(target, async () => {
      const { status, stdout, stderr } = deepmaker(
        'export',
        runId,
        '--target',
        target,
        '--candidate',
        smallest,
        '--out',
        target,
      );
      assert.equal(status, 0, stderr);
      const unusable = await unavailable(target);
      const said = (unusable ?? checkedLine(label)).exec(stdout);
      assert.ok(said, stdout);
      assert.ok(generated(target).includes(said[0].replace(/ \(.*/, '')), 'the head says the same');
      if (unusable || target !== 'fpga') return;
      // Circuit and module compute the same integers, which differ from the float network that the run measured.
      const [, measured] = /Measured on \d+ samples it was not trained on: NRMSE ([\d.]+) %/.exec(generated(target))!;
      assert.equal(measured, said[1]);
      assert.doesNotMatch(generated(target), /Certified/);
    });
  }

  test('onnx, in the runtime that the project brings', () => {
    const without = deepmaker('export', runId, '--target', 'onnx', '--out', 'onnx');
    assert.match(without.stdout, /Not checked here: onnxruntime-node does not load.* Run npm install/);
    link('onnxruntime-node', join(root, 'node_modules'));
    link('onnxruntime-common', join(root, 'node_modules'));
    const { stdout } = deepmaker('export', runId, '--target', 'onnx', '--out', 'onnx');
    assert.match(stdout, checkedLine('ONNX'));
    assert.match(stdout, / per call\./);
  });
});

const link = (name: string, from: string) => {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(join(from, name), join(folder, 'node_modules', name));
};

test('approximate --target gpu --apply checks batches on WebGPU, and the program runs', async (context) => {
  try {
    environment = await vulkanEnvironment(log);
    link('webgpu', join(await installPackages(log), 'node_modules'));
  } catch (error) {
    if (process.env.CI || !(error instanceof HostError)) throw error;
    context.skip(error.message);
    return;
  }
  const { status, stdout, stderr } = deepmaker('approximate', 'hill.ts#hill', '--target', 'gpu', '--apply', '--json');
  assert.equal(status, 0, stderr);
  const { applied, checked } = JSON.parse(stdout) as { applied: boolean; checked: string[] };
  assert.equal(applied, true);
  assert.match(checked[0]!, checkedLine('GPU'));
  assert.match(checked[1]!, /^Ran on /);
  const program = `
    const { hill } = await import('./hill.ts');
    const { hillApproxBatch, hillApproxBatchGpu, hillApproxGpuName } = await import('./hill.approx.ts');
    const rows = new Float64Array(200).map((_, at) => (at % 2 ? Math.sin(at) : 1 + Math.cos(at)));
    const [cpu, gpu] = [hillApproxBatch(rows, 100), await hillApproxBatchGpu(rows, 100)];
    const difference = Math.max(...cpu.map((value, at) => Math.abs(value - gpu[at])));
    console.log(JSON.stringify({ one: hill(0.5, 0.25), difference, adapter: await hillApproxGpuName() }));
    process.exit();`;
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    ...{ cwd: folder, encoding: 'utf8' as const, env: { ...process.env, ...environment } },
  });
  const { one, difference, adapter } = JSON.parse(ran.stdout || ran.stderr) as Record<string, number>;
  assert.ok(Math.abs(one! - 0.87) < 0.1, `${one}`);
  assert.ok(difference! < 1e-5, `${difference}`);
  assert.ok(adapter);
  assert.equal(deepmaker('revert', 'hill.ts#hill').status, 0);
});

test('profiles prints the devices of the paper, with what each figure rests on', () => {
  const { status, stdout, stderr } = deepmaker('profiles', runId);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^Network \S+: [\d,]+ multiply-accumulates, .* of parameters and values\./);
  assert.match(stdout, /Device +Clock +Power +Memory +Fits +Call at least +Call expected +Energy/);
  for (const device of ['Intel Core i7-7820', 'NVIDIA Tesla M60', 'ARM Cortex-A15', 'Xilinx UltraScale+']) {
    assert.equal(stdout.split(device).length, 3, `${device} has a row and a note`);
  }
  assert.match(stdout, /Xilinx UltraScale\+: at least, \d+ clocks? of the circuit that is generated for it/);
  const json = deepmaker('profiles', runId, '--json');
  const { candidate, profiles } = JSON.parse(json.stdout) as {
    candidate: string;
    profiles: { leastLatencyNs: number; expected?: { latencyNs: number } }[];
  };
  const result = JSON.parse(readFileSync(join(folder, '.deepmaker/runs', runId, 'result.json'), 'utf8'));
  assert.equal(candidate, result.chosen);
  const { latencyNs } = result.points.find(({ id }: { id: string }) => id === candidate);
  const expected = result.processor && (latencyNs * result.processor.clockGhz) / 2.9;
  assert.equal(profiles[0]!.expected?.latencyNs, expected);
  const unknown = deepmaker('profiles', runId, '--candidate', 'none');
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /holds no trained network none.\nChoose one of /);
  assert.match(deepmaker('profiles').stderr, /no run was named.\nWrite deepmaker profiles RUN/);
});

test('a report has the devices of the paper for its chosen network', () => {
  const { status, stderr } = deepmaker('report', runId, '--out', 'report.html');
  assert.equal(status, 0, stderr);
  const page = readFileSync(join(folder, 'report.html'), 'utf8');
  assert.match(page, /<section id="devices">/);
  assert.match(page, /<th scope="row">ARM Cortex-A15<\/th>/);
});
