/** `deepmaker/record/begin` and `/end`: the two ends of a recording, between which the editor runs the command. */

import { dirname } from 'node:path';
import { t } from '../../engine/texts.ts';
import { loadConfig } from '../config.ts';
import type { ServerContext } from '../languageServer.ts';
import {
  type RecordBeginParams,
  RecordBeginRequest,
  type RecordBegun,
  type RecordEndParams,
  RecordEndRequest,
  type RecordOutcome,
} from '../protocol.ts';
import { recordableRegion } from '../record/fromCommand.ts';
import { recordsFolder } from '../record/record.ts';
import { defaultLimitBytes, finishRecording, prepareRecording } from '../record/recording.ts';
import { callsToKeep } from '../record/use.ts';
import { guardDisk, projectRoot } from '../store.ts';
import { filePathOf, notAFile } from './files.ts';
import { lspRequest } from './lspTypes.ts';

export function registerRecord({ connection }: ServerContext): void {
  connection.onRequest(lspRequest(RecordBeginRequest.type), (params) => guardDisk(() => begin(params)));
  connection.onRequest(lspRequest(RecordEndRequest.type), (params) => guardDisk(() => end(params)));
}

async function begin({ region, trusted, settings }: RecordBeginParams): Promise<RecordBegun> {
  if (!trusted) {
    return {
      kind: 'failed',
      message: t('Recording runs a command of this workspace, which is not trusted.'),
      hint: t('Trust the workspace, then run the command again.'),
    };
  }
  const file = filePathOf(region.uri);
  if (file === undefined) return notAFile(region.uri);
  const root = projectRoot(file);
  const loaded = loadConfig({ root, layers: settings ? [settings] : [] });
  if (loaded.kind === 'failed') return loaded;
  const found = await recordableRegion(file, region.name);
  if (found.kind === 'refused') return { ...found, name: region.name };
  if (found.kind === 'failed') return found;
  const { samples, seed } = loaded.config;
  return prepareRecording(root, found.region, { calls: callsToKeep(samples), limitBytes: defaultLimitBytes, seed });
}

async function end({ region, folder, command, exit }: RecordEndParams): Promise<RecordOutcome> {
  const file = filePathOf(region.uri);
  if (file === undefined) return notAFile(region.uri);
  const root = projectRoot(file);
  if (dirname(folder) !== recordsFolder(root)) {
    return { kind: 'failed', message: t('{0} is no recording of this project.', folder), hint: t('Record again.') };
  }
  return finishRecording(root, folder, { command, exit });
}
