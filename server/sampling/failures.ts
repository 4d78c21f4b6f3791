/** What can go wrong in a sandbox, in words: what happened, and the next step. */

import { inputSlots } from '../../engine/data/slots.ts';
import { formatCount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { Failure } from '../protocol.ts';
import { describeRow } from './describe.ts';
import type { Reply, Request } from './messages.ts';

export const failed = (message: string, hint?: string): Failure => ({
  kind: 'failed',
  message,
  ...(hint === undefined ? {} : { hint }),
});

export const cancelled = () => failed(t('Sampling was cancelled.'));

const finiteHint = () => t('Narrow the @range of its inputs to values for which it returns a result.');
const overrunHint = () => t('Narrow the @range of its inputs to values for which it returns soon.');
const memoryHint = () => t('Narrow the @range of its inputs, or pick a function that allocates less.');
const moduleHint = () => t('Move the function to a module that does nothing but define functions and constants.');

const bugHint = () =>
  t('If the function changes objects of the language, such as a prototype, remove that. If not, please report it.');

/** Replies that carry no result become failures; `request` is what they answer, undefined for the child's first word. */
export function explainReply(reply: Reply, request: Request | undefined, memoryMb: number): Reply | Failure {
  switch (reply.kind) {
    case 'overrun':
      return overrun(request!, reply.row);
    case 'memory':
      return outOfMemory(memoryMb);
    case 'threw':
      return request!.kind === 'load'
        ? failed(t('The module could not be loaded: {0}.', reply.message), moduleHint())
        : failed(t('The function threw while it was measured: {0}.', reply.message), finiteHint());
    case 'bug':
      return failed(t('The sampling process failed: {0}.', String(reply.stack.split('\n', 1)[0])), bugHint());
    default:
      return reply;
  }
}

function overrun(request: Request, row: number | undefined): Failure {
  const limit = seconds(request.timeLimitMs);
  if (request.kind === 'load') return failed(t('The module did not finish loading within {0}.', limit), moduleHint());
  if (request.kind === 'time' || row === undefined) {
    return failed(t('The function did not return within {0} while it was measured.', limit), overrunHint());
  }
  const slots = inputSlots(request.signature);
  const input = describeRow(slots, request.inputs, row * slots.length);
  return failed(t('The function did not return within {0} for {1}.', limit, input), overrunHint());
}

export interface ChildExit {
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly stderr: string;
  readonly memoryMb: number;
}

/** Why a child that nobody stopped is gone. */
export function explainExit({ code, killedBy, stderr, memoryMb }: ChildExit): Failure {
  if (/out of memory|allocation failed/i.test(stderr)) return outOfMemory(memoryMb);
  if (killedBy === 'SIGKILL') {
    return failed(t('The operating system killed the sandbox, probably because memory ran out.'), memoryHint());
  }
  const lastLine = stderr.trim().split('\n').at(-1);
  const how = killedBy ?? t('exit code {0}', String(code));
  const message = lastLine
    ? t('The sandbox ended unexpectedly ({0}): {1}', how, lastLine)
    : t('The sandbox ended unexpectedly ({0}).', how);
  return failed(message, t('Run again.'));
}

export const noAnswer = (limitMs: number): Failure =>
  failed(t('The function did not return, and could not be interrupted within {0}.', seconds(limitMs)), overrunHint());

export const forged = () => failed(t('The sampling process gave an answer that it cannot have.'), bugHint());

export const outOfMemory = (memoryMb: number): Failure =>
  failed(t('The function used more than {0} MB of memory.', formatCount(memoryMb)), memoryHint());

const seconds = (ms: number): string => `${Number((ms / 1000).toPrecision(2))} s`;
