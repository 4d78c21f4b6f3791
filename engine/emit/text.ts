/** Small pieces of source text: constants, sums, strings, names, base64. All deterministic. */

/**
 * The shortest decimal within `tolerance` of `value`; with tolerance 0, the shortest that reads back exactly.
 * Throws where the value is not finite: a diverged network must not reach the generator.
 */
export function formatConstant(value: number, tolerance = 0): string {
  if (!Number.isFinite(value)) throw new RangeError(`A network with the parameter ${value} cannot be emitted.`);
  if (Math.abs(value) <= tolerance) return '0';
  for (let digits = 1; digits <= 16; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.abs(rounded - value) <= tolerance) return String(rounded);
  }
  return value === 0 ? '0' : String(value);
}

/** One summand, `weight * factor`; without a factor it is the constant itself. `tolerance` is absolute. */
export interface Term {
  readonly weight: number;
  readonly tolerance: number;
  readonly factor?: string;
}

/** `0.5 - 2 * spot + rate` as tokens that may be broken over lines. Zero terms vanish; an empty sum is `0`. */
export function sumTokens(terms: readonly Term[]): string[] {
  const tokens: string[] = [];
  for (const { weight, tolerance, factor } of terms) {
    const constant = formatConstant(weight, tolerance);
    if (constant === '0') continue;
    const negative = constant.startsWith('-');
    const magnitude = negative ? constant.slice(1) : constant;
    const product = factor === undefined ? magnitude : magnitude === '1' ? factor : `${magnitude} * ${factor}`;
    if (tokens.length === 0) tokens.push(negative ? `-${product}` : product);
    else tokens.push(`${negative ? '-' : '+'} ${product}`);
  }
  return tokens.length === 0 ? ['0'] : tokens;
}

const lineWidth = 110;

/** Fills lines with `before`, the tokens and `after`; continuation lines are indented by four more spaces. */
export function fill(indent: string, before: string, tokens: readonly string[], after: string): string {
  const lines: string[] = [];
  let line = `${indent}${before}`;
  tokens.forEach((token, index) => {
    const piece = index === tokens.length - 1 ? `${token}${after}` : token;
    const first = index === 0;
    if (!first && line.length + 1 + piece.length > lineWidth) {
      lines.push(line);
      line = `${indent}    ${piece}`;
    } else line += first ? piece : ` ${piece}`;
  });
  return [...lines, line].join('\n');
}

/** A list between brackets, on one line where it fits, else filled over several. */
export function bracketed(indent: string, open: string, items: readonly string[], close: string): string {
  const single = `${open}${items.join(', ')}${close}`;
  if (indent.length + single.length <= lineWidth) return single;
  const body = fill(
    `${indent}  `,
    '',
    items.map((item) => `${item},`),
    '',
  ).replaceAll(/\n {4}/g, '\n');
  return `${open.trimEnd()}\n${body}\n${indent}${close.trimStart()}`;
}

/** A string literal in single quotes. `*` followed by `/` is broken up, so that it may stand in a comment. */
export function quote(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner.replaceAll('*/', '*\\/').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
}

/** Text that is safe inside a block comment, on one line. */
export function commentText(text: string): string {
  return text.replaceAll('*/', '*\\/').replaceAll(/[\r\n\u2028\u2029]+/g, ' ');
}

export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

/** Bytes of float32 values, least significant byte first on every machine. */
export function float32Bytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setFloat32(index * 4, value, true);
  });
  return bytes;
}

export function float64Bytes(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setFloat64(index * 8, value, true);
  });
  return bytes;
}
