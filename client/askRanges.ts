/** Asks for the ranges that the source does not give, one input box each. */
import * as vscode from 'vscode';
import type { RunOutcome } from '../server/protocol.ts';
import { parseRange } from './ranges.ts';

export type Ranges = Readonly<Record<string, readonly [number, number]>>;
type Missing = Extract<RunOutcome, { kind: 'needs-ranges' }>['missing'];

/** Undefined when the user leaves one of the boxes, which a cancellation closes. */
export async function askRanges(
  name: string,
  missing: Missing,
  token: vscode.CancellationToken,
): Promise<Ranges | undefined> {
  const ranges: Record<string, readonly [number, number]> = {};
  for (const [index, { path, tag }] of missing.entries()) {
    const options: vscode.InputBoxOptions = {
      title:
        missing.length === 1
          ? vscode.l10n.t('Range of {0} in {1}', path, name)
          : vscode.l10n.t('Range of {0} in {1} ({2} of {3})', path, name, index + 1, missing.length),
      prompt: vscode.l10n.t('Smallest and largest value. To keep it in the source, write {0} above the function.', tag),
      placeHolder: '10, 160',
      ignoreFocusOut: true,
      validateInput(value) {
        const parsed = parseRange(value);
        return parsed.kind === 'invalid' ? parsed.message : undefined;
      },
    };
    const text = await vscode.window.showInputBox(options, token);
    const parsed = text === undefined ? undefined : parseRange(text);
    if (parsed?.kind !== 'range') return undefined;
    ranges[path] = parsed.range;
  }
  return ranges;
}
