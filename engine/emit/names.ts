/** Identifiers for generated code. */

/** Words that cannot name a parameter in a strict module, and globals that generated code refers to. */
const reserved = new Set(
  (
    'arguments async await break case catch class const continue debugger default delete do else enum eval export ' +
    'extends false finally for function if implements import in instanceof interface let new null package private ' +
    'protected public return static super switch this throw true try typeof undefined var void while with yield ' +
    'any boolean never number object string symbol unknown bigint Infinity NaN Array Math Number Object DataView ' +
    'Error Promise RangeError WebAssembly globalThis exports module require Float64Array Float32Array Int32Array Uint32Array Int16Array ' +
    'Uint16Array Int8Array Uint8Array Uint8ClampedArray'
  ).split(' '),
);

/** Whether the text may follow a dot: reserved words may. */
export function isPropertyName(text: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(text);
}

/** The wanted name, or one near it that is an identifier and not in `taken`; it is added to `taken`. */
export function claimName(taken: Set<string>, wanted: string): string {
  let base = wanted.replaceAll(/[^\p{ID_Continue}$]/gu, '_');
  if (!isPropertyName(base)) base = `_${base}`;
  const free = (name: string) => !reserved.has(name) && !taken.has(name);
  let name = base;
  if (!free(name)) name = `${base}_`;
  for (let count = 2; !free(name); count++) name = `${base}_${count}`;
  taken.add(name);
  return name;
}

/** `.name`, or `['odd name']`. */
export function propertyAccess(name: string, quoted: (text: string) => string): string {
  return isPropertyName(name) ? `.${name}` : `[${quoted(name)}]`;
}

/** What the guard of a generated function is called. */
export const guardNameOf = (functionName: string): string => `${functionName}Accepts`;

/**
 * The name of a function's network in C: an identifier that no keyword and no library is called by. What C has no letter
 * for becomes its code point, so that two functions keep two names and two headers.
 */
export const nativeName = (functionName: string): string => {
  const letters = functionName.replaceAll(/[^A-Za-z0-9_]/gu, (letter) => `u${letter.codePointAt(0)!.toString(16)}`);
  return `${letters.replace(/^(?=\d)/, '_')}_nn`;
};
