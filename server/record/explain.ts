/** Why a recording has no usable call, and what to do about it. */

import { basename, relative } from 'node:path';
import { formatCount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { Failure } from '../protocol.ts';
import type { Merged } from './merge.ts';

export interface Recording {
  readonly root: string;
  readonly file: string;
  readonly name: string;
  readonly command: string;
  /** The command's exit code, or the signal that killed it. */
  readonly exit: number | string;
}

/** Fewer calls than this say nothing about the inputs. */
export const fewestCalls = 50;

/** Undefined where there are calls enough. */
export function explainRecording(recording: Recording, merged: Merged): Failure | undefined {
  const returned = merged.rows.filter(({ o }) => o !== undefined).length;
  if (returned >= fewestCalls) return undefined;
  const { name, command } = recording;
  const ended = recording.exit === 0 ? '' : ` ${t('"{0}" ended with {1}.', command, exitText(recording.exit))}`;
  if (returned > 0) {
    return {
      kind: 'failed',
      message:
        t(
          '{0} returned a usable result only {1} times while "{2}" ran; {3} are needed.',
          name,
          formatCount(returned),
          command,
          formatCount(fewestCalls),
        ) + ended,
      hint: t('Let the command run longer or on more data, or give @range tags and leave the recording out.'),
    };
  }
  if (merged.calls === 0) {
    const [why, hint] = neverCalled(recording, merged);
    return { kind: 'failed', message: t('{0} was not called while "{1}" ran: {2}.', name, command, why) + ended, hint };
  }
  const why =
    merged.misfits > 0
      ? t('the values of its calls do not have the declared types: {0}', String(merged.firstMisfit))
      : t('all of its {0} calls threw', formatCount(merged.calls));
  return {
    kind: 'failed',
    message: t('No call of {0} could be recorded: {1}.', name, why) + ended,
    hint: t('Correct the declared types, or the inputs of the program, and record again.'),
  };
}

export const exitText = (exit: number | string): string =>
  typeof exit === 'number' ? t('exit code {0}', String(exit)) : exit;

function neverCalled(
  { root, file, name }: Recording,
  { parts, modules }: Merged,
): readonly [why: string, hint: string] {
  const own = basename(file);
  if (parts.length === 0) {
    return [
      t('it started no Node process that could be recorded'),
      t('Record a command that runs Node, and that leaves NODE_OPTIONS to the processes that it starts.'),
    ];
  }
  const missing = modules.filter((entry) => entry.missing !== undefined);
  if (modules.length > missing.length) {
    const loaded = modules.find((entry) => entry.missing === undefined)!;
    return [
      t('{0} was loaded, but the function was not used', relative(root, loaded.module)),
      t('Record a command that uses it.'),
    ];
  }
  if (missing.length > 0) {
    const [{ module, missing: reason }] = missing as [{ module: string; missing: string }];
    const hint = t('Build with source maps and without minification, or run {0} itself, then record again.', own);
    return [`${relative(root, module)} ${reason}`, hint];
  }
  const old = parts.find(({ onlyCommonJs }) => onlyCommonJs);
  if (old) {
    return [
      t('Node {0} cannot record ECMAScript modules', old.node),
      t('Run the command with Node 22.15 or newer, or with 24.'),
    ];
  }
  return [
    t('neither {0} nor code with a source map that names it was loaded by Node', own),
    t(
      'Record a command that runs {0} in Node, from its source or from a build with source maps. Test runners that load modules on their own are not seen.',
      name,
    ),
  ];
}
