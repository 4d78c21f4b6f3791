/** The part of the editor's settings that a run needs. */
import * as vscode from 'vscode';
import { type TargetId, targetIds } from '../engine/types.ts';

const section = 'deepmaker';

const runKeys = [
  'population',
  'generations',
  'searchEpochs',
  'fullEpochs',
  'batchSize',
  'crossoverRate',
  'selection',
  'trainer',
  'samples',
  'maxError',
  'maxParams',
  'maxBytes',
  'pruning.alphas',
  'pruning.fineTuneEpochs',
  'quantisation.formats',
  'fpga.circuit',
  'fpga.multipliers',
  'workers',
  'seed',
  'guard',
  'guardPredictor',
  'objectives',
  'hardInputs',
] as const;

/**
 * The settings that somebody set, for a file. Defaults are left out: they must not override `deepmaker.config.json`,
 * which the server reads.
 */
export function runSettings(file: vscode.Uri): Readonly<Record<string, unknown>> {
  const configuration = vscode.workspace.getConfiguration(section, file);
  const settings: Record<string, unknown> = {};
  for (const key of runKeys) {
    const scopes = configuration.inspect(key);
    // The innermost scope wins, also with null, which says that the server decides.
    const set = [scopes?.workspaceFolderValue, scopes?.workspaceValue, scopes?.globalValue];
    const value = set.find((candidate) => candidate !== undefined);
    if (value !== undefined && value !== null) put(settings, key, value);
  }
  return settings;
}

/** `pruning.alphas` is the setting `alphas` of the group `pruning`, as in the configuration file. */
function put(settings: Record<string, unknown>, key: string, value: unknown): void {
  const [group, name] = key.split('.');
  settings[group!] = name === undefined ? value : { ...(settings[group!] as object | undefined), [name]: value };
}

/** The target that generated code is for; a value that is none of the known ones counts as the default. */
export function currentTarget(): TargetId {
  const value = vscode.workspace.getConfiguration(section).get<unknown>('target');
  return targetIds.find((id) => id === value) ?? 'cpu';
}

/** Remembers the target for this workspace, or for the user where no folder is open. */
export async function saveTarget(target: TargetId): Promise<void> {
  const scope = vscode.workspace.workspaceFolders
    ? vscode.ConfigurationTarget.Workspace
    : vscode.ConfigurationTarget.Global;
  await vscode.workspace.getConfiguration(section).update('target', target, scope);
}

export const changesTarget = (event: vscode.ConfigurationChangeEvent): boolean =>
  event.affectsConfiguration(`${section}.target`);

/** What networks take on a target depends on. */
export const changesEstimates = (event: vscode.ConfigurationChangeEvent): boolean =>
  changesTarget(event) || event.affectsConfiguration(`${section}.fpga`);
