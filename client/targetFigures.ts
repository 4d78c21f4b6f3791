/** What a panel is told about the target that is picked. */
import * as z from 'zod/mini';
import { type TargetId, targetIds } from '../engine/types.ts';
import type { TargetEstimates } from '../server/protocol.ts';

const costItem = z.object({ label: z.string(), value: z.number(), unit: z.string(), basis: z.string() });
const table = z.object({ columns: z.array(z.string()), rows: z.array(z.array(z.string())) });

const estimates = z.object({
  kind: z.literal('estimates'),
  runId: z.string(),
  target: z.enum(targetIds),
  label: z.string(),
  description: z.string(),
  unavailable: z.exactOptional(z.string()),
  networks: z.array(
    z.object({
      id: z.string(),
      refusal: z.exactOptional(z.string()),
      figures: z.array(costItem),
      devices: z.exactOptional(z.object({ table, notes: z.array(z.string()) })),
    }),
  ),
  deviceBasis: z.string(),
});

export const targetFigures = z.discriminatedUnion('kind', [
  /** The server has been asked. */
  z.object({ kind: z.literal('estimating'), target: z.enum(targetIds) }),
  z.object({ kind: z.literal('estimated'), estimates }),
  z.object({
    kind: z.literal('failed'),
    target: z.enum(targetIds),
    message: z.string(),
    hint: z.exactOptional(z.string()),
  }),
]);

export type TargetFigures =
  | { readonly kind: 'estimating'; readonly target: TargetId }
  | { readonly kind: 'estimated'; readonly estimates: TargetEstimates }
  | { readonly kind: 'failed'; readonly target: TargetId; readonly message: string; readonly hint?: string };
