/** The networks of a front as they arrive in the panel: thousands of them, each of which is checked. */
import * as z from 'zod/mini';
import { activations, variantKinds } from '../engine/types.ts';
import type { FrontPoint } from '../server/protocol.ts';

/** Infinity does not survive JSON: it arrives as null, and means that the network gave no finite result. */
export const figure = z.pipe(
  z.nullable(z.number()),
  z.transform((value) => value ?? Number.POSITIVE_INFINITY),
);

const interval = z.tuple([z.number(), z.number()]);

/** Anything that may be known of one. */
const frontPoint = z.object({
  id: z.string(),
  topology: z.string(),
  activation: z.enum(activations),
  params: z.number(),
  bytes: z.number(),
  macs: z.number(),
  cost: z.exactOptional(
    z.array(z.object({ label: z.string(), value: z.number(), unit: z.string(), basis: z.string() })),
  ),
  variant: z.exactOptional(z.enum(variantKinds)),
  variantOf: z.exactOptional(z.string()),
  alpha: z.exactOptional(z.number()),
  error: z.object({ nrmse: figure, meanRelative: figure, p99: figure, max: figure, missRate: figure }),
  latencyNs: z.exactOptional(z.number()),
  speedup: z.exactOptional(z.number()),
  speedupInterval: z.exactOptional(interval),
  batch: z.exactOptional(z.object({ latencyNs: z.number(), speedup: z.number(), speedupInterval: interval })),
  certificate: z.exactOptional(
    z.object({
      error: figure,
      share: z.number(),
      confidence: z.number(),
      samples: z.number(),
      networks: z.number(),
      recorded: z.exactOptional(z.literal(true)),
    }),
  ),
  freshError: z.exactOptional(figure),
  explanation: z.exactOptional(
    z.object({
      histogram: z.object({ edges: z.array(z.number()), counts: z.array(z.number()) }),
      inputs: z.array(
        z.object({
          path: z.string(),
          bins: z.array(z.object({ at: z.number(), label: z.string(), mean: z.number(), p95: z.number() })),
        }),
      ),
      pairs: z.exactOptional(z.array(z.tuple([z.number(), z.number()]))),
    }),
  ),
  fallbacks: z.exactOptional(z.number()),
  objection: z.exactOptional(z.string()),
  generation: z.number(),
  onFront: z.boolean(),
});

const plainTypes = {
  ...{ id: 'string', topology: 'string', activation: 'string', params: 'number', bytes: 'number', macs: 'number' },
  ...{ error: 'object', generation: 'number', onFront: 'boolean' },
};
const plainEntries = Object.entries(plainTypes);
const errorKeys = ['nrmse', 'meanRelative', 'p99', 'max', 'missRate'];

/**
 * Whether it is what most networks are: one of which nothing more is known than that it was searched. A webview may not
 * compile code, so that a schema takes ten times as long to say that.
 */
function isPlain(value: unknown): value is FrontPoint {
  if (!isRecord(value) || Object.keys(value).length !== plainEntries.length) return false;
  const { activation, error } = value;
  return (
    plainEntries.every(([key, type]) => typeof value[key] === type && (type !== 'number' || isNumber(value[key]))) &&
    activations.some((known) => known === activation) &&
    isRecord(error) &&
    Object.keys(error).length === errorKeys.length &&
    errorKeys.every((key) => isNumber(error[key]))
  );
}

const isNumber = (value: unknown): boolean => Number.isFinite(value);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** What is not plain has the schema decide. */
export const frontPoints = z.pipe(
  z.array(z.unknown()),
  z.transform((values, { issues }) =>
    values.map((value): FrontPoint => {
      if (isPlain(value)) return value;
      const parsed = frontPoint.safeParse(value);
      if (parsed.success) return parsed.data;
      issues.push({ code: 'custom', message: 'This is no network of a front.', input: value });
      return z.NEVER;
    }),
  ),
);
