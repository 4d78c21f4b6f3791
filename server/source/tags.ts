/** The JSDoc tags `@approximate`, `@range`, `@length` and `@shape`: what they say, or how they should have been written. */

import { t } from '../../engine/texts.ts';
import { lineAt, ts } from './compiler.ts';

export interface RangeTag {
  readonly path: string;
  readonly min: number;
  readonly max: number;
  readonly integer: boolean;
  readonly line: number;
}

export interface LengthTag {
  readonly path: string;
  readonly length: number;
  readonly line: number;
}

/** A matrix (height, width) or an image (height, width, channels). */
export interface SizeTag {
  readonly path: string;
  readonly size: readonly number[];
  readonly line: number;
}

/** Something wrong with a tag: the end of a sentence that starts with "`name` was not approximated:", and a hint. */
export interface TagProblem {
  readonly problem: string;
  readonly hint: string;
  readonly line: number;
}

export interface Tags {
  readonly approximate: boolean;
  readonly maxError?: number;
  readonly ranges: readonly RangeTag[];
  readonly lengths: readonly LengthTag[];
  readonly sizes: readonly SizeTag[];
  readonly problems: readonly TagProblem[];
}

/** Longer arrays than this cannot be the input of a small network. */
const longestArray = 65_536;

export function readTags(owner: ts.Node, file: ts.SourceFile): Tags {
  const ranges: RangeTag[] = [];
  const lengths: LengthTag[] = [];
  const sizes: SizeTag[] = [];
  const problems: TagProblem[] = [];
  let approximate = false;
  let maxError: number | undefined;
  const complain = (text: string, problem: string, hint: string, line: number) =>
    problems.push({ problem: t('its tag `{0}` {1}', text, problem), hint, line });

  for (const tag of ts.getJSDocTags(owner)) {
    const name = tag.tagName.text;
    if (!isParsed(name)) continue;
    // Prose below a tag belongs to the tag for the parser, but not for the reader.
    const content = (ts.getTextOfJSDocComment(tag.comment) ?? '').split(/\r?\n/u, 1)[0]!.trim();
    const text = `@${name}${content && ` ${content}`}`;
    const line = lineAt(file, tag.getStart(file));
    const result = parsers[name](content);
    switch (result.kind) {
      case 'problem':
        complain(text, result.problem, result.hint, line);
        break;
      case 'error':
        if (approximate) complain(text, t('is there twice'), t('Remove one of them.'), line);
        approximate = true;
        maxError = result.maxError;
        break;
      case 'range':
        if (ranges.some(({ path }) => path === result.path))
          complain(text, t('gives `{0}` a second range', result.path), t('Remove one of them.'), line);
        else ranges.push({ ...result, line });
        break;
      case 'length':
        if (lengths.some(({ path }) => path === result.path))
          complain(text, t('gives `{0}` a second length', result.path), t('Remove one of them.'), line);
        else lengths.push({ ...result, line });
        break;
      case 'size':
        if (sizes.some(({ path }) => path === result.path))
          complain(text, t('gives `{0}` a second shape', result.path), t('Remove one of them.'), line);
        else sizes.push({ ...result, line });
        break;
    }
  }
  return { approximate, ...(maxError === undefined ? {} : { maxError }), ranges, lengths, sizes, problems };
}

const parsers = { approximate: parseError, range: parseRange, length: parseLength, shape: parseSize } as const;

const isParsed = (name: string): name is keyof typeof parsers => Object.hasOwn(parsers, name);

type Problem = { readonly kind: 'problem'; readonly problem: string; readonly hint: string };

const unreadable = (hint: string): Problem => ({ kind: 'problem', problem: t('cannot be read'), hint });

function parseError(content: string): { kind: 'error'; maxError: number | undefined } | Problem {
  if (content === '') return { kind: 'error', maxError: undefined };
  const value = /^error\s+(\S+)$/u.exec(content)?.[1];
  const hint = t(
    "Write `@approximate`, or with the largest error as a share of the output's range, `@approximate error 0.02`.",
  );
  const maxError = value === undefined ? undefined : parseNumber(value);
  if (maxError === undefined) return unreadable(hint);
  if (!(maxError > 0 && maxError <= 1))
    return { kind: 'problem', problem: t('has an error that is not above 0 and at most 1'), hint };
  return { kind: 'error', maxError };
}

function parseRange(content: string): (Omit<RangeTag, 'line'> & { kind: 'range' }) | Problem {
  const match = /^(\S+?)\s*\[\s*([^,\]\s]+)\s*,\s*([^,\]\s]+)\s*\](?:\s+(integer))?$/u.exec(content);
  const path = match?.[1] ?? (/^([^\s[]+)/u.exec(content)?.[1] || 'x');
  const hint = t('Write `@range {0} [min, max]`, with `integer` after it for whole numbers.', path);
  if (!match) return unreadable(hint);
  const min = parseNumber(match[2]!);
  const max = parseNumber(match[3]!);
  if (min === undefined || max === undefined) return unreadable(hint);
  if (!Number.isFinite(min) || !Number.isFinite(max))
    return { kind: 'problem', problem: t('has an end that is not finite'), hint };
  if (min >= max) return { kind: 'problem', problem: t('has a minimum that is not below its maximum'), hint };
  const integer = match[4] !== undefined;
  if (integer && Math.ceil(min) > Math.floor(max))
    return { kind: 'problem', problem: t('holds no whole number'), hint };
  return { kind: 'range', path, min, max, integer };
}

function parseLength(content: string): (Omit<LengthTag, 'line'> & { kind: 'length' }) | Problem {
  const match = /^(\S+)\s+(\S+)$/u.exec(content);
  const length = match ? parseNumber(match[2]!) : undefined;
  const hint = t('Write `@length {0} 9`, a whole number from 1 to {1}.', match?.[1] ?? 'x', String(longestArray));
  if (!match || length === undefined) return unreadable(hint);
  if (!Number.isInteger(length) || length < 1 || length > longestArray) {
    return { kind: 'problem', problem: t('has a length that is out of bounds'), hint };
  }
  return { kind: 'length', path: match[1]!, length };
}

function parseSize(content: string): (Omit<SizeTag, 'line'> & { kind: 'size' }) | Problem {
  const match = /^(\S+)\s+(\d+(?:\s*[x×]\s*\d+){1,2})$/u.exec(content);
  const path = match?.[1] ?? (/^(\S+)/u.exec(content)?.[1] || 'x');
  const hint = t(
    'Write `@shape {0} 3x3` for a matrix (height, width), `@shape {0} 32x32x3` for an image (height, width, channels).',
    path,
  );
  if (!match) return unreadable(hint);
  const size = match[2]!.split(/[x×]/u).map(Number);
  const values = size.reduce((product, each) => product * each, 1);
  if (values < 1 || values > longestArray)
    return { kind: 'problem', problem: t('has a size that is out of bounds'), hint };
  return { kind: 'size', path, size };
}

/** A number as TypeScript writes it, with a sign: `1e-3`, `-5`, `10_000`. */
function parseNumber(text: string): number | undefined {
  if (/^[+-]?(?:Infinity|NaN)$/u.test(text)) return Number(text);
  const digits = '\\d+(?:_\\d+)*';
  const pattern = new RegExp(`^[+-]?(?:${digits}\\.?(?:${digits})?|\\.${digits})(?:[eE][+-]?${digits})?$`, 'u');
  return pattern.test(text) ? Number(text.replaceAll('_', '')) : undefined;
}
