/**
 * Texts in the reader's language, outside of VS Code's own process: in the engine, the server and the panel. `t` is to them
 * what `vscode.l10n.t` is to the extension, and reads the same bundle. Nothing but a call of `useLocale` sets the language:
 * the server does it with the locale that the editor names, the panel and the extension with what VS Code loaded, and the
 * command line never, so it is English.
 */
export interface Locale {
  /** For numbers, as Intl takes it: `de`. */
  readonly name: string;
  /** Translations by the English text. What is missing stays English. */
  readonly texts: Readonly<Record<string, string>>;
}

export const english: Locale = { name: 'en-US', texts: {} };

let locale = english;

/** Before anything is shown. Bundles that are loaded apart hold a state of their own each. */
export function useLocale(next: Locale): void {
  locale = next;
}

export const currentLocale = (): Locale => locale;

/**
 * What `make` makes, in English: generated code, and what machines or models read. Not for what goes on after `make` has
 * returned, because English ends there.
 */
export function inEnglish<T>(make: () => T): T {
  const before = locale;
  locale = english;
  try {
    return make();
  } finally {
    locale = before;
  }
}

/**
 * `message` is one plain literal, so that it can be extracted; `{0}`, `{1}` and so on stand for the values. Numbers are no
 * values: engine/format.ts writes them as the language does, and `String` those that are names, such as a process's.
 */
export function t(message: string, ...values: readonly string[]): string {
  return (locale.texts[message] ?? message).replaceAll(/\{(\d+)\}/g, (place, index) => values[Number(index)] ?? place);
}

export const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
