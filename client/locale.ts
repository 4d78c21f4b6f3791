import * as vscode from 'vscode';
import { english, type Locale } from '../engine/texts.ts';

/** The editor's language, where the package has texts for it. */
export const locale = (): Locale =>
  vscode.l10n.bundle ? { name: vscode.env.language, texts: vscode.l10n.bundle } : english;
