/** Asks the server what the networks of a finished run take on a target. */
import * as vscode from 'vscode';
import type { TargetId } from '../engine/types.ts';
import { EstimateRequest, type FrontView } from '../server/protocol.ts';
import { failureOf, type Requests } from './requests.ts';
import { runSettings } from './settings.ts';
import type { TargetFigures } from './targetFigures.ts';

/** Never rejects. */
export async function readTargetFigures(
  requests: Requests,
  { runId, subject }: FrontView,
  target: TargetId,
): Promise<TargetFigures> {
  try {
    const outcome = await requests.request(EstimateRequest.type, {
      ...{ uri: subject.uri, runId, target },
      settings: runSettings(vscode.Uri.parse(subject.uri)),
    });
    return outcome.kind === 'estimates' ? { kind: 'estimated', estimates: outcome } : { ...outcome, target };
  } catch (error) {
    return { ...failureOf(error), target };
  }
}
