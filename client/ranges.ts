/** What the user types when the source does not say where an input lives. */
import * as vscode from 'vscode';

export type ParsedRange =
  | { readonly kind: 'range'; readonly range: readonly [number, number] }
  | { readonly kind: 'invalid'; readonly message: string };

/** Reads `10, 160`, also as a tag would have it: `[10, 160]`. Both ends are included. */
export function parseRange(text: string): ParsedRange {
  const inner = text.trim().replace(/^\[(.*)\]$/u, '$1');
  const parts = inner.split(/[,;]/u).map((part) => part.trim());
  if (parts.length !== 2 || parts.some((part) => part === '')) {
    return invalid(
      vscode.l10n.t('Enter the smallest and the largest value with a comma between them, for example 10, 160.'),
    );
  }
  const [min, max] = parts.map(Number) as [number, number];
  if (!Number.isFinite(min) || !Number.isFinite(max))
    return invalid(vscode.l10n.t('Both values must be finite numbers, for example 10, 160.'));
  if (min >= max) return invalid(vscode.l10n.t('The first value must be smaller than the second.'));
  return { kind: 'range', range: [min, max] };
}

const invalid = (message: string): ParsedRange => ({ kind: 'invalid', message });
