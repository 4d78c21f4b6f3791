/** Why a recording has no usable call, and what to do about it. */
import { basename, relative } from 'node:path';
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
  const ended = recording.exit === 0 ? '' : ` "${command}" ended with ${exitText(recording.exit)}.`;
  if (returned > 0) {
    return {
      kind: 'failed',
      message: `${name} returned a usable result only ${returned} times while "${command}" ran; ${fewestCalls} are needed.${ended}`,
      hint: 'Let the command run longer or on more data, or give @range tags and leave the recording out.',
    };
  }
  if (merged.calls === 0) {
    const [why, hint] = neverCalled(recording, merged);
    return { kind: 'failed', message: `${name} was not called while "${command}" ran: ${why}.${ended}`, hint };
  }
  const why =
    merged.misfits > 0
      ? `the values of its calls do not have the declared types: ${merged.firstMisfit}`
      : `all of its ${merged.calls} calls threw`;
  return {
    kind: 'failed',
    message: `No call of ${name} could be recorded: ${why}.${ended}`,
    hint: 'Correct the declared types, or the inputs of the program, and record again.',
  };
}

export const exitText = (exit: number | string): string => (typeof exit === 'number' ? `exit code ${exit}` : exit);

function neverCalled(
  { root, file, name }: Recording,
  { parts, modules }: Merged,
): readonly [why: string, hint: string] {
  const own = basename(file);
  if (parts.length === 0) {
    return [
      'it started no Node process that could be recorded',
      'Record a command that runs Node, and that leaves NODE_OPTIONS to the processes that it starts.',
    ];
  }
  const missing = modules.filter((entry) => entry.missing !== undefined);
  if (modules.length > missing.length) {
    const loaded = modules.find((entry) => entry.missing === undefined)!;
    return [
      `${relative(root, loaded.module)} was loaded, but the function was not used`,
      'Record a command that uses it.',
    ];
  }
  if (missing.length > 0) {
    const [{ module, missing: reason }] = missing as [{ module: string; missing: string }];
    const hint = `Build with source maps and without minification, or run ${own} itself, then record again.`;
    return [`${relative(root, module)} ${reason}`, hint];
  }
  const old = parts.find(({ onlyCommonJs }) => onlyCommonJs);
  if (old) {
    return [
      `Node ${old.node} cannot record ECMAScript modules`,
      'Run the command with Node 22.15 or newer, or with 24.',
    ];
  }
  return [
    `neither ${own} nor code with a source map that names it was loaded by Node`,
    `Record a command that runs ${name} in Node, from its source or from a build with source maps. Test runners that load modules on their own are not seen.`,
  ];
}
