/**
 * What the Pareto panel and the extension say to each other, once, and how each side checks what it receives: a webview
 * is another origin, and its stored state may come from an older version of the extension.
 */
import * as z from 'zod/mini';
import type { Locale } from '../engine/texts.ts';
import { targetIds } from '../engine/types.ts';
import type { FrontView } from '../server/protocol.ts';
import { figure, frontPoints } from './frontPoints.ts';
import { type TargetFigures, targetFigures } from './targetFigures.ts';

const figures = z.array(figure);

/** Errors may be infinite, sizes and epochs may not. */
const runPlots = z.object({
  fronts: z.array(
    z.object({
      generation: z.number(),
      places: z.array(z.object({ id: z.exactOptional(z.string()), params: z.number(), error: figure })),
    }),
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
  points: frontPoints,
  chosen: z.exactOptional(z.string()),
  exactNs: z.exactOptional(z.number()),
  maxError: z.exactOptional(z.number()),
  criterion: z.exactOptional(z.object({ met: z.boolean(), reason: z.string() })),
  notes: z.exactOptional(z.array(z.string())),
  applied: z.exactOptional(z.string()),
  stale: z.exactOptional(z.string()),
  plots: z.exactOptional(runPlots),
});

const note = z.object({ message: z.string(), hint: z.exactOptional(z.string()) });

/** What the user is told when something did not work: what happened, and the next step. */
export type Note = z.infer<typeof note>;

const panelStatus = z.discriminatedUnion('kind', [
  /** A stored run is being read. */
  z.object({ kind: z.literal('loading') }),
  /** There is no run yet, or none that is still stored. */
  z.object({ kind: z.literal('none'), note }),
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

const exportTargets = z.object({
  candidateId: z.string(),
  targets: z.array(
    z.object({
      id: z.enum(targetIds),
      label: z.string(),
      refused: z.exactOptional(z.string()),
      unchecked: z.exactOptional(z.string()),
    }),
  ),
  /** Why they could not be listed. */
  problem: z.exactOptional(z.string()),
});

/** What one network can be exported for. */
export type ExportTargets = z.infer<typeof exportTargets>;

const hostMessage = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('locale'),
    locale: z.object({ name: z.string(), texts: z.record(z.string(), z.string()) }),
  }),
  z.object({ kind: z.literal('targets'), ...exportTargets.shape }),
  z.object({ kind: z.literal('front'), front: frontView }),
  z.object({ kind: z.literal('status'), status: panelStatus }),
  z.object({ kind: z.literal('target'), figures: targetFigures }),
]);

/** Extension to panel. Each message replaces what was said before, so a panel may be told twice. */
export type HostMessage =
  /** First of all: the editor's language, with the texts. */
  | { readonly kind: 'locale'; readonly locale: Locale }
  | ({ readonly kind: 'targets' } & ExportTargets)
  | { readonly kind: 'front'; readonly front: FrontView }
  | { readonly kind: 'status'; readonly status: PanelStatus }
  /** What the networks of the shown run take on the target that is picked. */
  | { readonly kind: 'target'; readonly figures: TargetFigures };

const panelMessage = z.discriminatedUnion('kind', [
  /** The panel's script runs and wants to know everything. */
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('use'), candidateId: z.string() }),
  /** Show what "use" would change, without changing it. */
  z.object({ kind: z.literal('preview'), candidateId: z.string() }),
  /** What can the network be exported for? */
  z.object({ kind: z.literal('targets'), candidateId: z.string() }),
  /** Write the network as code to a folder. */
  z.object({ kind: z.literal('export'), candidateId: z.string(), target: z.enum(targetIds) }),
  /** Put figures on the clipboard; `what` names them for the confirmation. */
  z.object({ kind: z.literal('copy'), text: z.string(), what: z.enum(['csv', 'json']) }),
  z.object({ kind: z.literal('log') }),
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

/** What networks are measured by: the axes of the plot, the limits of a budget, and columns of the table. */
export const metricIds = [
  'nrmse',
  'meanRelative',
  'p99',
  'max',
  'missRate',
  'params',
  'bytes',
  'latencyNs',
  'speedup',
  // Of the target that is picked, where it has them.
  'lut',
  'dsp',
  'blockRam',
  'clocks',
  'flash',
  'ram',
  'leastNs',
] as const;
export type MetricId = (typeof metricIds)[number];

export const sortColumns = ['topology', 'activation', 'variant', ...metricIds] as const;
export type SortColumn = (typeof sortColumns)[number];

export const tabs = ['networks', 'target', 'errors', 'search', 'compare'] as const;
export type Tab = (typeof tabs)[number];

const metricId = z.enum(metricIds);
const scaleKind = z.exactOptional(z.enum(['linear', 'log']));

const panelState = z.object({
  version: z.literal(2),
  kind: subjectKind,
  uri: z.string(),
  name: z.string(),
  runId: z.exactOptional(z.string()),
  selected: z.exactOptional(z.string()),
  /** What the selected network is compared with. */
  pinned: z.exactOptional(z.string()),
  /** The axes that the user picked; the usual ones where absent. */
  x: z.exactOptional(metricId),
  y: z.exactOptional(metricId),
  xScale: scaleKind,
  yScale: scaleKind,
  /** The largest acceptable value of each metric that is limited, or the smallest where more is better; errors are fractions. */
  budget: z.partialRecord(metricId, z.number()),
  /** The generation whose front is shown; the final front where absent. */
  generation: z.exactOptional(z.number()),
  sort: z.object({ column: z.enum(sortColumns), descending: z.boolean() }),
  dominated: z.boolean(),
  tab: z.enum(tabs),
  /** The folded parts of the details that are open. */
  open: z.array(z.enum(['figures', 'export'])),
});

/** What survives a reload of the window: which run, and how the user looks at it. */
export type PanelState = z.infer<typeof panelState>;
export type Budget = PanelState['budget'];

/** Undefined for anything that is not such a message. */
export const parseHostMessage = (value: unknown): HostMessage | undefined => hostMessage.safeParse(value).data;
export const parsePanelMessage = (value: unknown): PanelMessage | undefined => panelMessage.safeParse(value).data;
export const parsePanelState = (value: unknown): PanelState | undefined => panelState.safeParse(value).data;
