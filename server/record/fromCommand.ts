/** Records the inputs of a function while a command runs, from the question whether it can be to the record. */
import type { Failure, Reason } from '../protocol.ts';
import { fieldsOf } from '../source/access.ts';
import { loadSource } from '../source/lazy.ts';
import type { Region } from '../source/types.ts';
import { runCommand } from './command.ts';
import { finishRecording, prepareRecording, type Recorded, type RecordingSettings } from './recording.ts';

export interface CommandRecording extends RecordingSettings {
  /** The project's root. The command runs in the current folder. */
  readonly root: string;
  readonly file: string;
  readonly name: string;
  readonly command: string;
  readonly signal: AbortSignal;
  /** The command is ended after this time. */
  readonly limitMs?: number;
}

type Refused = { readonly kind: 'refused'; readonly reasons: readonly Reason[] };

export async function recordCommand(recording: CommandRecording): Promise<Recorded | Refused | Failure> {
  const { root, file, name, command, signal, limitMs } = recording;
  const found = await recordableRegion(file, name);
  if (found.kind !== 'region') return found;
  const { folder, nodeOptions } = prepareRecording(root, found.region, recording);
  const limit = limitMs === undefined ? {} : { limitMs };
  const ended = await runCommand(command, { cwd: process.cwd(), nodeOptions, signal, ...limit });
  const exit = ended.kind === 'ended' ? ended.exit : 1;
  const recorded = await finishRecording(root, folder, { command, exit });
  return ended.kind === 'failed' ? ended : recorded;
}

/** Whose calls have more to them than arguments and a returned value. */
function unrecordable({ signature }: Region): string | undefined {
  if (signature.into) return `writes its result into \`${signature.into.name}\``;
  const [field] = fieldsOf(signature);
  return field === undefined ? undefined : `reads \`this.${field}\``;
}

/** The function as it is saved: that is what a program runs. Ranges that are missing come from the record. */
export async function recordableRegion(
  file: string,
  name: string,
): Promise<{ readonly kind: 'region'; readonly region: Region } | Refused | Failure> {
  const { createSourceProject, analyse } = await loadSource();
  const analysis = analyse(createSourceProject(), { file, name });
  switch (analysis.kind) {
    case 'region': {
      const { region } = analysis;
      const how = unrecordable(region);
      if (how === undefined) return { kind: 'region', region };
      const message = `Calls of ${name} cannot be recorded: it ${how}.`;
      return { kind: 'failed', message, hint: 'Give its inputs ranges, and approximate it without a record.' };
    }
    case 'refused':
      return { kind: 'refused', reasons: analysis.reasons };
    case 'none':
      return {
        kind: 'failed',
        message: `There is no function ${name} in ${file}.`,
        hint: 'Save the file, and check the name.',
      };
  }
}
