/**
 * What the Pareto panel and the extension say to each other, once, and how each side checks what it receives: a webview
 * is another origin, and its stored state may come from an older version of the extension.
 */
import * as z from 'zod/mini';
import { activations, targetIds, variantKinds } from '../engine/types.ts';
import type { FrontView } from '../server/protocol.ts';
import { type TargetFigures, targetFigures } from './targetFigures.ts';

/** Infinity does not survive JSON: it arrives as null, and means that the network gave no finite result. */
const figure = z.pipe(
  z.nullable(z.number()),
  z.transform((value) => value ?? Number.POSITIVE_INFINITY),
);

const interval = z.tuple([z.number(), z.number()]);

const frontPoint = z.object({
  id: z.string(),
  topology: z.string(),
  activation: z.enum(activations),
  params: z.number(),
  bytes: z.number(),
  macs: z.number(),
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

const figures = z.array(figure);

/** Errors may be infinite, sizes and epochs may not. */
const runPlots = z.object({
  fronts: z.array(
    z.object({ generation: z.number(), places: z.array(z.object({ params: z.number(), error: figure })) }),
  ),
  curves: z.array(
    z.object({ name: z.string(), epochs: z.array(z.number()), loss: figures, error: z.exactOptional(figures) }),
  ),
});

const subjectKind = z.enum(['function', 'dataset']);

const frontView = z.object({
  runId: z.string(),
  subject: z.object({ kind: subjectKind, uri: z.string(), name: z.string() }),
  target: z.enum(targetIds),
  measure: z.enum(['nrmse', 'classes']),
  stage: z.enum(['analysing', 'sampling', 'searching', 'training', 'measuring', 'done']),
  generation: z.number(),
  generations: z.number(),
  evaluations: z.number(),
  hypervolume: z.array(figure),
  points: z.array(frontPoint),
  chosen: z.exactOptional(z.string()),
  exactNs: z.exactOptional(z.number()),
  maxError: z.exactOptional(z.number()),
  criterion: z.exactOptional(z.object({ met: z.boolean(), reason: z.string() })),
  notes: z.exactOptional(z.array(z.string())),
  applied: z.exactOptional(z.string()),
  plots: z.exactOptional(runPlots),
});

const note = z.object({ message: z.string(), hint: z.exactOptional(z.string()) });

/** What the user is told when something did not work: what happened, and the next step. */
export type Note = z.infer<typeof note>;

const panelStatus = z.discriminatedUnion('kind', [
  /** A stored run is being read. */
  z.object({ kind: z.literal('loading') }),
  /** A run was asked for and has not said anything yet; a front that is shown belongs to an earlier one. */
  z.object({ kind: z.literal('waiting') }),
  /** A run is going on; the front's own stage says where it is. */
  z.object({ kind: z.literal('running') }),
  /** Stop was pressed, and the server has not answered yet. */
  z.object({ kind: z.literal('stopping') }),
  /** The run is over; `note` says why the last thing that the user asked for did not work. */
  z.object({ kind: z.literal('ready'), note: z.exactOptional(note) }),
  /** The source is being edited: a network is applied, or the exact function is put back. */
  z.object({ kind: z.literal('editing') }),
  /** The run ended early. */
  z.object({ kind: z.literal('cancelled') }),
  z.object({ kind: z.literal('failed'), note }),
]);
export type PanelStatus = z.infer<typeof panelStatus>;

const hostMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('front'), front: frontView }),
  z.object({ kind: z.literal('status'), status: panelStatus }),
  z.object({ kind: z.literal('target'), figures: targetFigures }),
]);

/** Extension to panel. Each message replaces what was said before, so a panel may be told twice. */
export type HostMessage =
  | { readonly kind: 'front'; readonly front: FrontView }
  | { readonly kind: 'status'; readonly status: PanelStatus }
  /** What the networks of the shown run take on the target that is picked. */
  | { readonly kind: 'target'; readonly figures: TargetFigures };

const panelMessage = z.discriminatedUnion('kind', [
  /** The panel's script runs and wants to know everything. */
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('use'), candidateId: z.string() }),
  /** Write the network of a data set as code. */
  z.object({ kind: z.literal('export'), candidateId: z.string() }),
  z.object({ kind: z.literal('compare') }),
  z.object({ kind: z.literal('revert') }),
  z.object({ kind: z.literal('stop') }),
  z.object({ kind: z.literal('run') }),
  /** Show the function in an editor, or the run's folder among the files. */
  z.object({ kind: z.literal('reveal') }),
  z.object({ kind: z.literal('pickTarget') }),
]);

/** Panel to extension: what the user asked for. */
export type PanelMessage = z.infer<typeof panelMessage>;

/** What a panel shows of the table. */
export const sortColumns = [
  'topology',
  'activation',
  'variant',
  'params',
  'bytes',
  'nrmse',
  'meanRelative',
  'p99',
  'max',
  'latencyNs',
  'speedup',
] as const;
export type SortColumn = (typeof sortColumns)[number];

const panelState = z.object({
  version: z.literal(1),
  kind: subjectKind,
  uri: z.string(),
  name: z.string(),
  runId: z.exactOptional(z.string()),
  selected: z.exactOptional(z.string()),
  /** The error bound that the user typed, as a fraction. */
  atMost: z.exactOptional(z.number()),
  sort: z.object({ column: z.enum(sortColumns), descending: z.boolean() }),
  dominated: z.boolean(),
});

/** What survives a reload of the window: which run, and how the user looks at it. */
export type PanelState = z.infer<typeof panelState>;

/** Undefined for anything that is not such a message. */
export const parseHostMessage = (value: unknown): HostMessage | undefined => hostMessage.safeParse(value).data;
export const parsePanelMessage = (value: unknown): PanelMessage | undefined => panelMessage.safeParse(value).data;
export const parsePanelState = (value: unknown): PanelState | undefined => panelState.safeParse(value).data;
