/**
 * What other extensions can call, as `vscode.extensions.getExtension('deepmaker.deepmaker').exports`; documented in
 * docs/api.md. Members are added within a version, never changed or removed.
 */
import * as vscode from 'vscode';
import {
  type AppliedNetwork,
  ApproximationsRequest,
  type FrontPoint,
  type RegionReference,
} from '../server/protocol.ts';
import { approximationLists } from './approximationsView.ts';
import type { Client } from './commands.ts';
import type { Applied } from './edits.ts';
import { applyShown, revertShown } from './inUse.ts';
import { failureOf } from './requests.ts';
import type { RunAnswer } from './run.ts';

/** A function of a file: `price`, or `Pricer.price` for a method. */
export interface FunctionReference {
  readonly uri: vscode.Uri;
  readonly name: string;
}

export interface ApproximateOptions {
  /** Ranges of inputs that the source does not give, by path; the user is asked for those that are missing still. */
  readonly ranges?: Readonly<Record<string, readonly [number, number]>>;
  /** Makes the function call the chosen network, unless there is an objection to that. Default false. */
  readonly apply?: boolean;
  readonly token?: vscode.CancellationToken;
}

/** One network, measured on its generated code with held-out inputs. */
export interface NetworkFigures {
  readonly id: string;
  /** For example `4-8-1`. */
  readonly topology: string;
  readonly params: number;
  readonly bytes: number;
  /** Fractions of the output's range; of categories, the share of wrong ones. */
  readonly error: { readonly nrmse: number; readonly meanRelative: number; readonly p99: number; readonly max: number };
  /** Exact time / network time. */
  readonly speedup?: number;
}

export type ApproximateOutcome =
  | {
      readonly kind: 'done';
      readonly runId: string;
      /** The non-dominated networks. */
      readonly front: readonly NetworkFigures[];
      /** The one that was recommended, if any was good enough. */
      readonly chosen?: NetworkFigures;
      /** Whether it meets the bound and is faster, in one sentence. */
      readonly verdict: string;
      readonly applied: boolean;
      /** Why it was not applied although that was asked for. */
      readonly objection?: string;
    }
  | { readonly kind: 'refused'; readonly reasons: readonly { readonly message: string; readonly line: number }[] }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly message: string; readonly hint?: string };

export interface DeepMakerApi {
  readonly version: 1;
  /** Searches networks for the function. Runs its code in a sandbox, so only in a trusted workspace. Never rejects. */
  approximate(region: FunctionReference, options?: ApproximateOptions): Promise<ApproximateOutcome>;
  /** Makes the function compute exactly again, as one edit that is not saved. Never rejects. */
  revert(
    region: FunctionReference,
  ): Promise<{ readonly kind: 'applied' } | { readonly kind: 'failed'; readonly message: string }>;
  /** The functions of the workspace that call a network; empty where they cannot be read. */
  approximations(): Promise<readonly (FunctionReference & { readonly standing: AppliedNetwork['standing'] })[]>;
}

type Parts = Pick<Client, 'session' | 'panels' | 'runs'>;

export function createApi(parts: Parts): DeepMakerApi {
  const { session, runs } = parts;
  return {
    version: 1,
    async approximate(region, { ranges, apply = false, token } = {}) {
      if (!vscode.workspace.isTrusted) {
        const hint = vscode.l10n.t('Trust the workspace first.');
        return { kind: 'failed', message: vscode.l10n.t('The workspace is not trusted.'), hint };
      }
      const answer = await runs.start(plain(region), { ...(ranges && { ranges }), ...(token && { token }) });
      return outcomeOf(parts, answer, apply);
    },
    async revert(region) {
      const outcome = await revertShown(parts, plain(region));
      return outcome.kind === 'applied' ? outcome : { kind: 'failed', message: messageOf(outcome) };
    },
    async approximations() {
      const uris = (await approximationLists()).map((uri) => uri.toString());
      const found = await session.request(ApproximationsRequest.type, { uris, locks: [] }).catch(failureOf);
      if (found.kind === 'failed') return [];
      return found.networks.map(({ uri, name, standing }) => ({ uri: vscode.Uri.parse(uri), name, standing }));
    },
  };
}

const plain = ({ uri, name }: FunctionReference): RegionReference => ({ uri: uri.toString(), name });

async function outcomeOf(parts: Parts, answer: RunAnswer, apply: boolean): Promise<ApproximateOutcome> {
  switch (answer.kind) {
    case 'busy':
      return { kind: 'failed', message: vscode.l10n.t('The function is being approximated already.') };
    case 'needs-ranges':
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'refused':
      return { kind: 'refused', reasons: answer.reasons };
    case 'failed':
      return answer;
    case 'done': {
      const { front } = answer;
      const chosen = front.points.find(({ id }) => id === front.chosen);
      const done = {
        kind: 'done' as const,
        runId: front.runId,
        front: front.points.filter(({ onFront }) => onFront).map(figuresOf),
        ...(chosen ? { chosen: figuresOf(chosen) } : {}),
        verdict: front.criterion?.reason ?? '',
      };
      if (!apply || !chosen) return { ...done, applied: false };
      if (chosen.objection !== undefined) return { ...done, applied: false, objection: chosen.objection };
      const outcome = await applyShown(parts, front, chosen.id);
      const applied = outcome.kind === 'applied';
      return { ...done, applied, ...(applied ? {} : { objection: messageOf(outcome) }) };
    }
  }
}

const messageOf = (outcome: Exclude<Applied, { kind: 'applied' }>): string =>
  outcome.kind === 'failed' ? outcome.message : vscode.l10n.t('The user declined.');

function figuresOf({ id, topology, params, bytes, error, speedup }: FrontPoint): NetworkFigures {
  const { nrmse, meanRelative, p99, max } = error;
  return {
    id,
    topology,
    params,
    bytes,
    error: { nrmse, meanRelative, p99, max },
    ...(speedup === undefined ? {} : { speedup }),
  };
}
