/** Code-action latency over LSP on a 5,000-line file, with the cursor moving and the file being edited. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { significant } from '../../engine/format.ts';
import { RpcClient } from '../server/rpcClient.ts';

const functions = 500;
const requests = 300;

export async function benchCodeAction(folder: string): Promise<void> {
  const file = join(folder, 'large.ts');
  const text = Array.from({ length: functions }, (_, index) => functionText(index)).join('\n');
  writeFileSync(file, text);
  const uri = pathToFileURL(file).href;
  const client = new RpcClient(process.execPath, [join(import.meta.dirname, '../../dist/cli.cjs'), 'lsp', '--stdio']);
  await client.request('initialize', { processId: process.pid, rootUri: null, capabilities: {} }).response;
  client.notify('initialized', {});
  client.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'typescript', version: 1, text } });

  const ask = async (index: number, character = 18): Promise<number> => {
    const start = { line: (index % functions) * 10 + 4, character };
    const started = performance.now();
    const context = { diagnostics: [], triggerKind: 2 };
    await client.request('textDocument/codeAction', { textDocument: { uri }, range: { start, end: start }, context })
      .response;
    return performance.now() - started;
  };
  const first = await ask(0);
  for (let index = 0; index < 50; index++) await ask(index * 7);
  const moving: number[] = [];
  for (let index = 0; index < requests; index++) moving.push(await ask(index * 37));
  const editing: number[] = [];
  for (let index = 0; index < requests; index++) {
    const position = { line: (index % functions) * 10 + 6, character: 0 };
    const change = { range: { start: position, end: position }, text: ' ' };
    client.notify('textDocument/didChange', { textDocument: { uri, version: index + 2 }, contentChanges: [change] });
    editing.push(await ask(index * 37));
  }
  await client.stop();

  console.log(`\nCode action on a ${text.split('\n').length.toLocaleString('en-US')}-line file, over LSP`);
  console.log(`  first one, which loads the compiler  ${significant(first)} ms`);
  for (const [name, values] of [['cursor moving', moving] as const, ['after each edit', editing] as const]) {
    const sorted = values.sort((a, b) => a - b);
    const at = (share: number) => `${significant(sorted[Math.floor(share * (sorted.length - 1))]!)} ms`;
    console.log(`  ${name.padEnd(36)} p50 ${at(0.5)}, p95 ${at(0.95)}`);
  }
}

const functionText = (index: number): string => `/**
 * @range x [0, 1]
 * @range y [-1, 1]
 */
export function kernel${index}(x: number, y: number): number {
  let sum = 0;
  for (let i = 0; i < 100; i++) sum += Math.sin(x * i) * y;
  return sum;
}
`;
