/**
 * Whether a line may belong to the signature of a function, from the text alone. The server knows; this says whether it is
 * worth starting it. Yes too often costs a process, no too often hides an offer until then.
 */

/** Lines. A parameter further down is not recognised. */
const longestSignature = 20;

/** `line` counts from 0; `textAt` answers the text of a line. */
export function mayBeSignature(textAt: (line: number) => string, line: number): boolean {
  if (opensSignature(textAt(line))) return true;
  let parentheses = 0;
  let braces = 0;
  for (let row = line - 1; row >= Math.max(0, line - longestSignature); row--) {
    const text = textAt(row);
    parentheses += count(text, '(') - count(text, ')');
    braces += count(text, '{') - count(text, '}');
    // The line lies in a body, which may itself lie in an argument.
    if (braces > 0) return false;
    if (parentheses > 0) return opensSignature(text);
  }
  return false;
}

const functionOrArrow = /\bfunction\b|=>/;
/** `name(`, `static async name<T>(`: what follows ends in the parameters, or has the body's brace after them. */
const method = /^\s*(?:[a-z]+\s+)*\*?\s*[\w$#]+\s*(?:<.*>)?\((?:[^;]*[{(,]|.*\)[^;]*\{.*)?\s*$/;
/** `const price = (`, `price: async (`: the arrow comes later. */
const arrowToCome = /[=:]\s*(?:async\s*)?(?:<.*>\s*)?\(\s*$/;
const statement = /^\s*(?:\}\s*)?(?:if|else|for|while|switch|catch|with|do|return|throw|await|yield|case|new)\b/;

const opensSignature = (text: string): boolean =>
  functionOrArrow.test(text) || arrowToCome.test(text) || (!statement.test(text) && method.test(text));

const count = (text: string, character: string): number => text.split(character).length - 1;
