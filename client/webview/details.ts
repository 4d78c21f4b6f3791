/** The selected network: what matters of it first, what can be done with it, and the rest on request. */
import {
  formatAmount,
  formatCertificate,
  formatComparison,
  formatCount,
  formatDuration,
  formatPercent,
  formatVariant,
} from '../../engine/format.ts';
import { namedLayers, networkDrawing } from '../../engine/plot/networkDrawing.ts';
import { networkLabel } from '../../engine/plot/runFigures.ts';
import { capitalise, t } from '../../engine/texts.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import type { ExportTargets, PanelMessage, PanelState, PanelStatus } from '../messages.ts';
import { drawActions } from './actions.ts';
import { type Child, html, toDom } from './dom.ts';
import { drawExports } from './exports.ts';
import { allFigures, errorTitle, type Row } from './figures.ts';
import { isOffered } from './front.ts';
import { metricOf } from './metrics.ts';
import { type Roles, roleNames } from './roles.ts';

export interface DetailsOptions {
  readonly status: PanelStatus;
  readonly roles: Roles;
  readonly state: PanelState;
  readonly targets: ExportTargets | undefined;
  readonly send: (message: PanelMessage) => void;
  readonly onPin: (id: string | undefined) => void;
  readonly onFold: (part: PanelState['open'][number], open: boolean) => void;
}

export function drawDetails(view: FrontView, point: FrontPoint | undefined, options: DetailsOptions): Child[] {
  if (!point) {
    return [
      html('h2', {}, t('Selected network')),
      html(
        'p',
        { class: 'quiet' },
        view.points.length > 0 ? t('Select a point to see its figures.') : t('No network yet.'),
      ),
    ];
  }
  const roles = options.roles.get(point.id);
  return [
    html('h2', {}, point.topology, ' ', html('span', { class: 'quiet' }, point.activation)),
    html(
      'p',
      { class: 'badges' },
      ...(roles ? [html('span', { class: 'badge' }, roleNames(roles, view))] : []),
      ...madeText(view, point),
    ),
    drawNetwork(point),
    html('dl', {}, ...keyFigures(view, point).map(drawRow)),
    ...(point.speedup === undefined
      ? []
      : [
          html(
            'p',
            { class: point.speedup < 1 ? 'speed slower' : 'speed' },
            capitalise(formatComparison(point.speedup)),
          ),
        ]),
    ...drawActions(view, point, options),
    ...(point.certificate ? [html('p', { class: 'certificate' }, certificateText(point.certificate))] : []),
    ...(point.id === view.chosen && view.notes
      ? [html('ul', { class: 'notes' }, ...view.notes.map((note) => html('li', {}, note)))]
      : []),
    fold('figures', t('All figures'), options, () =>
      allFigures(view, point).map(({ title, rows }) =>
        html('div', { class: 'figure-group' }, html('h3', {}, title), html('dl', {}, ...rows.map(drawRow))),
      ),
    ),
    // Networks in integers are stored with their runs, and so are those of the front.
    isOffered(point, view) && view.stage === 'done'
      ? fold('export', t('Export as code'), options, () => drawExports(point, options.targets, options.send))
      : undefined,
  ];
}

/** Drawn only while it is open: an export asks the server. */
function fold(
  part: PanelState['open'][number],
  title: string,
  { state, onFold }: DetailsOptions,
  draw: () => readonly Child[],
): HTMLElement {
  const open = state.open.includes(part);
  const head = html(
    'button',
    {
      ...{ type: 'button', class: 'fold', 'data-focus': `fold-${part}`, 'aria-expanded': String(open) },
      click: () => onFold(part, !open),
    },
    title,
  );
  return html('div', { class: 'folded' }, head, ...(open ? draw() : []));
}

/** The third text of a row, where it has one, says what the figure rests on. */
const drawRow = ([term, value, basis]: Row): HTMLElement =>
  html('div', { class: 'row', ...(basis && { title: basis }) }, html('dt', {}, term), html('dd', {}, value));

function drawNetwork({ topology, activation }: FrontPoint): SVGElement | undefined {
  const layers = namedLayers(topology);
  if (!layers) return undefined;
  const label =
    layers.kind === 'mlp'
      ? t(
          'A network of {0} inputs, hidden layers of {1} neurons ({2}), and {3} outputs',
          formatCount(layers.widths[0]!),
          layers.widths.slice(1, -1).join(', '),
          activation,
          formatCount(layers.widths.at(-1)!),
        )
      : t(
          'A convolutional network on images of {0}, with {1} dense blocks of {2} layers ({3})',
          `${layers.height}x${layers.width}x${layers.channels}`,
          formatCount(layers.blocks),
          formatCount(layers.layersPerBlock),
          activation,
        );
  return toDom(networkDrawing(layers, label));
}

/** What a choice is made by. */
function keyFigures(view: FrontView, point: FrontPoint): Row[] {
  const error = metricOf('nrmse', view);
  const size = `${metricOf('bytes', view).format(point.bytes)}, ${formatAmount(point.params, 'parameter')}`;
  return [
    [
      view.measure === 'classes' ? error.name : t('Error (NRMSE)'),
      formatPercent(point.error.nrmse),
      errorTitle(view, point),
    ],
    ...(view.measure === 'classes' ? [] : [[t('Largest error'), formatPercent(point.error.max)] as const]),
    [t('Size'), size],
    ...(point.latencyNs === undefined ? [] : [[t('Time per call'), formatDuration(point.latencyNs)] as const]),
  ];
}

/** How the network was made, in words, and from which. */
function madeText({ points }: FrontView, { variant, variantOf, alpha }: FrontPoint): Child[] {
  if (!variant) return [];
  const origin = points.find(({ id }) => id === variantOf);
  const how = capitalise(formatVariant(variant, alpha));
  const text = origin ? t('{0} from {1}', how, networkLabel(origin)) : how;
  return [html('span', { class: 'quiet' }, ` ${text}`)];
}

const certificateText = (certificate: NonNullable<FrontPoint['certificate']>): string =>
  t('Certified: {0}, from {1} fresh inputs.', formatCertificate(certificate), formatCount(certificate.samples));
