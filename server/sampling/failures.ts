/** What can go wrong in a sandbox, in words: what happened, and the next step. */
import { inputSlots } from '../../engine/data/slots.ts';
import type { Failure } from '../protocol.ts';
import { describeRow } from './describe.ts';
import type { Reply, Request } from './messages.ts';

export const failed = (message: string, hint?: string): Failure => ({
  kind: 'failed',
  message,
  ...(hint === undefined ? {} : { hint }),
});

export const cancelled = failed('Sampling was cancelled.');

const finiteHint = 'Narrow the @range of its inputs to values for which it returns a result.';
const overrunHint = 'Narrow the @range of its inputs to values for which it returns soon.';
const memoryHint = 'Narrow the @range of its inputs, or pick a function that allocates less.';
const moduleHint = 'Move the function to a module that does nothing but define functions and constants.';

const bugHint =
  'If the function changes objects of the language, such as a prototype, remove that. If not, please report it.';

/** Replies that carry no result become failures; `request` is what they answer, undefined for the child's first word. */
export function explainReply(reply: Reply, request: Request | undefined, memoryMb: number): Reply | Failure {
  switch (reply.kind) {
    case 'overrun':
      return overrun(request!, reply.row);
    case 'memory':
      return outOfMemory(memoryMb);
    case 'threw':
      return request!.kind === 'load'
        ? failed(`The module could not be loaded: ${reply.message}.`, moduleHint)
        : failed(`The function threw while it was measured: ${reply.message}.`, finiteHint);
    case 'bug':
      return failed(`The sampling process failed: ${reply.stack.split('\n', 1)[0]}.`, bugHint);
    default:
      return reply;
  }
}

function overrun(request: Request, row: number | undefined): Failure {
  const limit = seconds(request.timeLimitMs);
  if (request.kind === 'load') return failed(`The module did not finish loading within ${limit}.`, moduleHint);
  if (request.kind === 'time' || row === undefined) {
    return failed(`The function did not return within ${limit} while it was measured.`, overrunHint);
  }
  const slots = inputSlots(request.signature);
  const input = describeRow(slots, request.inputs, row * slots.length);
  return failed(`The function did not return within ${limit} for ${input}.`, overrunHint);
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
    return failed('The operating system killed the sandbox, probably because memory ran out.', memoryHint);
  }
  const lastLine = stderr.trim().split('\n').at(-1);
  const how = killedBy ?? `exit code ${code}`;
  return failed(`The sandbox ended unexpectedly (${how})${lastLine ? `: ${lastLine}` : '.'}`, 'Run again.');
}

export const noAnswer = (limitMs: number): Failure =>
  failed(`The function did not return, and could not be interrupted within ${seconds(limitMs)}.`, overrunHint);

export const forged = failed('The sampling process gave an answer that it cannot have.', bugHint);

export const outOfMemory = (memoryMb: number): Failure =>
  failed(`The function used more than ${memoryMb} MB of memory.`, memoryHint);

const seconds = (ms: number): string => `${Number((ms / 1000).toPrecision(2))} s`;
