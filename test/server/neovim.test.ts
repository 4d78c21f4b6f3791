/** The language server in Neovim, from the code action to the applied edit and back, with nothing but Neovim's own client. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.cjs');

const source = `/**
 * @approximate error 0.5
 * @range x [0, 2]
 */
export function hill(x: number): number {
  let sum = 0;
  for (let i = 1; i <= 400; i++) sum += Math.exp(-((x - i / 200) ** 2)) / 200;
  return sum;
}
`;

const config = { population: 6, generations: 2, samples: 1000, searchEpochs: 4, fullEpochs: 20, workers: 1 };

/** Neovim 0.7, which Debian has, knows \`start_client\` only. Every answer of the server is written down. */
const script = (trust: string) => `
local function drive()
local said, progress = {}, 0
local function note(text) table.insert(said, text) end
vim.lsp.handlers['window/showMessage'] = function(_, result) note('message: ' .. result.message) return vim.NIL end
vim.lsp.handlers['window/showMessageRequest'] = function(_, result)
  note('question: ' .. result.message)
  for _, action in ipairs(result.actions) do
    if action.title == '${trust}' or action.title == 'Use it all the same' then return action end
  end
  return vim.NIL
end
vim.lsp.handlers['$/progress'] = function() progress = progress + 1 end
vim.cmd('edit hill.ts')
local client = vim.lsp.start_client({
  name = 'deepmaker',
  cmd = { '${process.execPath}', '${cli}', 'lsp', '--stdio' },
  root_dir = vim.loop.cwd(),
})
vim.lsp.buf_attach_client(0, client)
vim.wait(20000, function() return vim.lsp.get_client_by_id(client).initialized end, 20)
local function text() return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\\n') .. '\\n' end
local function actions()
  local params = vim.lsp.util.make_range_params()
  params.context = { diagnostics = {}, triggerKind = 1 }
  local answers = vim.lsp.buf_request_sync(0, 'textDocument/codeAction', params, 20000)
  return answers[client].result
end
vim.fn.search('hill')
local before = text()
local report = { title = actions()[1].title }
local function execute(command)
  vim.lsp.get_client_by_id(client).request('workspace/executeCommand', command, function(err)
    if err then note('error: ' .. err.message) end
    report.answered = true
  end, 0)
  vim.wait(120000, function() return report.answered end, 20)
  report.answered = nil
end
execute(actions()[1].command)
report.applied = text()
vim.cmd('silent! wall')
if report.applied ~= before then
  local lenses = vim.lsp.buf_request_sync(0, 'textDocument/codeLens', { textDocument = vim.lsp.util.make_text_document_params() }, 20000)
  report.lenses = {}
  for _, lens in ipairs(lenses[client].result) do
    table.insert(report.lenses, lens.command.title)
    if lens.command.command == 'deepmaker.showFront' then execute(lens.command) end
  end
  vim.cmd('silent undo')
  report.undone = text()
  vim.cmd('silent redo')
  -- Neovim tells the server of changes after a pause, and drops edits of an older text without a word.
  vim.wait(500, function() return false end)
  for _, lens in ipairs(lenses[client].result) do
    if lens.command.title == 'Revert' then execute(lens.command) end
  end
  report.reverted = text()
end
report.said, report.progress = said, progress
vim.fn.writefile({ vim.fn.json_encode(report) }, 'report.json')
vim.lsp.stop_client(client)
end
local ok, problem = pcall(drive)
if not ok then io.stderr:write(tostring(problem)) end
vim.cmd('qall!')
`;

interface Report {
  readonly title: string;
  readonly applied: string;
  readonly undone?: string;
  readonly reverted?: string;
  readonly lenses?: readonly string[];
  readonly said: readonly string[];
  readonly progress: number;
}

let folder: string;
before(() => {
  assert.ok(existsSync(cli), 'dist/cli.cjs is missing: run npm run build first');
  const found = spawnSync('nvim', ['--version']);
  assert.equal(found.status, 0, 'Neovim is missing: apt-get install neovim (scripts/ci-packages.sh installs it)');
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'deepmaker-neovim-')));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'deepmaker.config.json'), JSON.stringify(config));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function drive(trust: string): Report {
  writeFileSync(join(folder, 'hill.ts'), source);
  writeFileSync(join(folder, 'drive.lua'), script(trust));
  const { stderr } = spawnSync('nvim', ['--headless', '-u', 'NONE', '-i', 'NONE', '-n', '-c', 'luafile drive.lua'], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 90_000,
  });
  const file = join(folder, 'report.json');
  assert.ok(existsSync(file), stderr);
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  rmSync(file);
  return report;
}

test('nothing runs where the question about trust is answered with no', () => {
  const report = drive('Cancel');
  assert.equal(report.title, 'Approximate this function');
  assert.deepEqual(report.said.slice(0, 1), [
    'question: Approximating hill runs its code, in a sandbox without files and network. Do you trust this workspace?',
  ]);
  assert.equal(report.applied, source);
  assert.ok(!existsSync(join(folder, '.deepmaker')));
});

test('from the code action to the applied edit, one undo, the front as a page, and back', () => {
  const report = drive('Trust and run');
  assert.match(report.applied, /return hillApproxAccepts\(x\) \? hillApprox\(x\) : hillExact\(x\);/u);
  assert.match(report.said.join('\n'), /message: hill calls a network now\./u);
  assert.ok(report.progress > 3, 'the editor was told how far the run is');
  assert.match(report.lenses?.[0] ?? '', /^Approximated: error [\d.]+ %/u);
  assert.deepEqual(report.lenses?.slice(1), ['Revert'], 'comparing needs an editor of ours');
  assert.match(report.said.join('\n'), /message: The front of hill: .*report\.html/u);
  assert.equal(report.undone, source);
  assert.equal(report.reverted, source);
  assert.match(report.said.at(-1) ?? '', /hill is exact again/u);
});
