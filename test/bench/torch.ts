/** Finds a Python that has PyTorch, and runs one of the programs in native/ with it. */
import { join } from 'node:path';
import { execute } from '../extension/host/command.ts';

/** Debian's package is seen by Debian's Python only. */
const pythons = ['python3', '/usr/bin/python3'];

/** The command that runs a program of native/ with PyTorch. Throws an Error that says how to get it. */
export async function torchCommand(program: string): Promise<readonly [python: string, script: string]> {
  for (const python of pythons) {
    const { code } = await execute(python, ['-c', 'import torch, numpy'], { timeoutMs: 60_000 });
    if (code === 0) return [python, join(import.meta.dirname, 'native', program)];
  }
  throw new Error('not installed: apt-get install python3-torch');
}
