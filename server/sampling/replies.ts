/** What a child says is only believed where it has the form that its parent asked for: the user's code may have forged it. */
import { z } from 'zod';
import { outputSlots } from '../../engine/data/slots.ts';
import { type Reply, type Request, rowStatus } from './messages.ts';

const count = z.int().nonnegative();
const text = z.string().max(100_000);
const nanoseconds = z.instanceof(Float64Array).refine((values) => values.every((value) => value >= 0));
const row = z.strictObject({ row: count, message: text });

const replies = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({ kind: z.literal('progress'), done: count }),
  z.strictObject({ kind: z.literal('loaded') }),
  z.strictObject({
    kind: z.literal('evaluated'),
    outputs: z.instanceof(Float64Array),
    statuses: z.instanceof(Uint8Array),
    firstProblem: row.optional(),
    elapsedMs: z.number().nonnegative(),
    consoleCalls: count,
  }),
  z.strictObject({ kind: z.literal('timed'), exactNs: nanoseconds, approxNs: nanoseconds }),
  z.strictObject({ kind: z.literal('overrun'), row: count.optional() }),
  z.strictObject({ kind: z.literal('memory') }),
  z.strictObject({ kind: z.literal('threw'), message: text }),
  z.strictObject({ kind: z.literal('bug'), stack: text }),
]);

/** The reply, or undefined where it is none that `request` can have; a request is undefined until the child listens. */
export function readReply(message: unknown, request: Request | undefined): Reply | undefined {
  const parsed = replies.safeParse(message);
  if (!parsed.success) return undefined;
  const reply = parsed.data as Reply;
  if (request === undefined) return reply.kind === 'ready' || reply.kind === 'bug' ? reply : undefined;
  switch (reply.kind) {
    case 'ready':
      return undefined;
    case 'loaded':
      return request.kind === 'load' ? reply : undefined;
    case 'timed':
      return request.kind === 'time' && reply.exactNs.length === reply.approxNs.length ? reply : undefined;
    case 'evaluated':
      return request.kind === 'evaluate' && fits(reply, request) ? reply : undefined;
    case 'overrun':
      return reply.row === undefined || ('count' in request && reply.row < request.count) ? reply : undefined;
    default:
      return reply;
  }
}

function fits(reply: Reply & { kind: 'evaluated' }, request: Request & { kind: 'evaluate' }): boolean {
  const known: readonly number[] = Object.values(rowStatus);
  return (
    reply.outputs.length === request.count * outputSlots(request.signature).length &&
    reply.statuses.length === request.count &&
    reply.statuses.every((status) => known.includes(status)) &&
    (reply.firstProblem?.row ?? 0) <= request.count
  );
}
