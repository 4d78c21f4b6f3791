/** Records the inputs of a function while a command runs, from the question whether it can be to the record. */
import { t } from '../../engine/texts.ts';
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
  if (signature.into) return t('writes its result into `{0}`', signature.into.name);
  const [field] = fieldsOf(signature);
  return field === undefined ? undefined : t('reads `this.{0}`', field);
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
      const message = t('Calls of {0} cannot be recorded: it {1}.', name, how);
      return { kind: 'failed', message, hint: t('Give its inputs ranges, and approximate it without a record.') };
    }
    case 'refused':
      return { kind: 'refused', reasons: analysis.reasons };
    case 'none':
      return {
        kind: 'failed',
        message: t('There is no function {0} in {1}.', name, file),
        hint: t('Save the file, and check the name.'),
      };
  }
}
