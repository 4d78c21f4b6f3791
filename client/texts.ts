/** Amounts in the editor's language. The panel has its own of them, in `webview/texts.ts`: it cannot ask the editor. */
import * as vscode from 'vscode';
import { formatCount } from '../engine/format.ts';

/** `1 network`, `1,234 networks`. */
export const networks = (count: number): string =>
  count === 1 ? vscode.l10n.t('{0} network', formatCount(count)) : vscode.l10n.t('{0} networks', formatCount(count));
