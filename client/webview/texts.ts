/**
 * The panel's texts in the editor's language. `t` is to the panel what `vscode.l10n.t` is to the extension: texts are plain
 * literals, so that they can be extracted, and stand in the same bundle, which the extension's first message carries.
 */
import { formatCount } from '../../engine/format.ts';

let bundle: Readonly<Record<string, string>> = {};

/** Before anything is drawn. */
export function useTexts(texts: Readonly<Record<string, string>>): void {
  bundle = texts;
}

/** `{0}`, `{1}` and so on stand for the values. */
export function t(message: string, ...values: readonly (string | number)[]): string {
  return (bundle[message] ?? message).replaceAll(/\{(\d+)\}/g, (place, index) =>
    String(values[Number(index)] ?? place),
  );
}

/** `1 network`, `1,234 networks`. */
export const networks = (count: number): string =>
  count === 1 ? t('{0} network', formatCount(count)) : t('{0} networks', formatCount(count));

export const parameters = (count: number): string =>
  count === 1 ? t('{0} parameter', formatCount(count)) : t('{0} parameters', formatCount(count));

export const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
