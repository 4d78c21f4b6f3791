/** Everything about the selected network, and the button that puts it into the source. */

import {
  formatAmount,
  formatBytes,
  formatCertificate,
  formatComparison,
  formatCount,
  formatDuration,
  formatPercent,
  formatVariant,
  significant,
} from '../../engine/format.ts';
import { networkLabel } from '../../engine/plot/runFigures.ts';
import type { FrontPoint, FrontView } from '../../server/protocol.ts';
import type { PanelMessage, PanelStatus } from '../messages.ts';
import { html } from './dom.ts';
import { isOffered } from './front.ts';
import { roleNames, rolesOf } from './roles.ts';
import { useState } from './status.ts';

export interface DetailsOptions {
  readonly status: PanelStatus;
  readonly send: (message: PanelMessage) => void;
}

export function drawDetails(view: FrontView, point: FrontPoint | undefined, options: DetailsOptions): HTMLElement[] {
  if (!point) {
    return [
      html('h2', {}, 'Selected network'),
      html('p', { class: 'quiet' }, view.points.length > 0 ? 'Select a point to see its figures.' : 'No network yet.'),
    ];
  }
  const roles = rolesOf(view).get(point.id);
  return [
    html('h2', {}, point.topology, ' ', html('span', { class: 'quiet' }, point.activation)),
    html(
      'p',
      { class: 'badges' },
      ...(roles ? [html('span', { class: 'badge' }, roleNames(roles, view))] : []),
      ...madeText(view, point),
    ),
    html(
      'dl',
      {},
      ...group('Size', [
        ['Parameters', formatCount(point.params)],
        ['Constants', formatBytes(point.bytes)],
        ['Multiply-accumulates', formatCount(point.macs)],
        ['Found in generation', formatCount(point.generation)],
      ]),
      ...group(errorTitle(view, point), errorRows(view, point)),
      ...times(view, point),
      ...(point.fallbacks === undefined
        ? []
        : group('Guard', [['Left to the exact function', `${formatPercent(point.fallbacks)} of inputs`]])),
    ),
    ...(point.speedup === undefined
      ? []
      : [
          html(
            'p',
            { class: point.speedup < 1 ? 'speed slower' : 'speed' },
            capitalise(formatComparison(point.speedup)),
          ),
        ]),
    ...(point.certificate ? [html('p', { class: 'certificate' }, certificateText(point.certificate))] : []),
    ...(point.id === view.chosen && view.notes
      ? [html('ul', { class: 'notes' }, ...view.notes.map((note) => html('li', {}, note)))]
      : []),
    ...actions(view, point, options),
  ];
}

/** How the network was made, in words, and from which. */
function madeText({ points }: FrontView, { variant, variantOf, alpha }: FrontPoint): (HTMLElement | string)[] {
  if (!variant) return [];
  const origin = points.find(({ id }) => id === variantOf);
  const from = origin ? ` from ${networkLabel(origin)}` : '';
  return [html('span', { class: 'quiet' }, ` ${capitalise(formatVariant(variant, alpha))}${from}`)];
}

function errorTitle({ stage, subject }: FrontView, point: FrontPoint): string {
  if (stage !== 'done' || !isOffered(point, { subject })) return 'Error on validation data';
  return subject.kind === 'function' ? 'Error of the generated code, on held-out data' : 'Error on test data';
}

function errorRows({ measure }: FrontView, { error }: FrontPoint): readonly (readonly [string, string])[] {
  if (measure === 'classes') return [['Wrong classes', formatPercent(error.nrmse)]];
  return [
    ['NRMSE', formatPercent(error.nrmse)],
    ['Mean relative', formatPercent(error.meanRelative)],
    ['99th percentile', formatPercent(error.p99)],
    ['Maximum', formatPercent(error.max)],
    ...(error.missRate > 0 ? [['Wrong categories', formatPercent(error.missRate)] as const] : []),
  ];
}

/** Where networks are for a data set there is nothing to compare with, and not all are timed. */
function times({ subject, exactNs }: FrontView, point: FrontPoint): HTMLElement[] {
  const { latencyNs, speedupInterval, batch } = point;
  if (subject.kind === 'dataset') {
    return latencyNs === undefined ? [] : group('Time per call', [['This network', formatDuration(latencyNs)]]);
  }
  return group('Time per call', [
    ['This network', latencyNs === undefined ? 'not measured' : formatDuration(latencyNs)],
    ['Exact function', exactNs === undefined ? 'not measured' : formatDuration(exactNs)],
    ...(speedupInterval ? [['Speedup, 95 % interval', intervalText(speedupInterval)] as const] : []),
    ...(batch
      ? [
          ['In batches, per row', formatDuration(batch.latencyNs)] as const,
          ['Batch speedup, 95 % interval', intervalText(batch.speedupInterval)] as const,
        ]
      : []),
  ]);
}
const intervalText = ([low, high]: readonly [number, number]): string =>
  `${significant(low)}x to ${significant(high)}x`;

const certificateText = (certificate: NonNullable<FrontPoint['certificate']>): string =>
  `Certified: ${formatCertificate(certificate)}, from ${formatAmount(certificate.samples, 'fresh input')}.`;

const group = (title: string, rows: readonly (readonly [string, string])[]): HTMLElement[] => [
  html('div', { class: 'group' }, title),
  ...rows.map(([term, value]) => html('div', { class: 'row' }, html('dt', {}, term), html('dd', {}, value))),
];

function actions(view: FrontView, point: FrontPoint, { status, send }: DetailsOptions): HTMLElement[] {
  if (view.subject.kind === 'dataset') return exportActions(point, send);
  const state = useState(status, view, point);
  switch (state.kind) {
    case 'applied':
      return [
        html('p', {}, html('code', {}, view.subject.name), ' calls this network now.'),
        html(
          'div',
          { class: 'buttons' },
          html(
            'button',
            { type: 'button', 'data-focus': 'compare', click: () => send({ kind: 'compare' }) },
            'Compare',
          ),
          html(
            'button',
            { type: 'button', class: 'secondary', 'data-focus': 'revert', click: () => send({ kind: 'revert' }) },
            'Revert',
          ),
        ),
      ];
    case 'use':
      return [
        ...(state.advice ? [html('p', { class: 'advice', id: 'advice' }, state.advice)] : []),
        html(
          'div',
          { class: 'buttons' },
          html(
            'button',
            {
              type: 'button',
              class: state.advice ? 'secondary' : undefined,
              'data-focus': 'use',
              'aria-describedby': state.advice ? 'advice' : undefined,
              click: () => send({ kind: 'use', candidateId: point.id }),
            },
            state.label,
          ),
        ),
      ];
    case 'disabled':
      return [
        html(
          'div',
          { class: 'buttons' },
          html('button', { type: 'button', disabled: true, 'aria-describedby': 'advice' }, 'Use this network'),
        ),
        html('p', { class: 'quiet', id: 'advice' }, state.reason),
      ];
  }
}

/** The run stores the networks that it trained in full. */
const exportActions = ({ id, onFront }: FrontPoint, send: DetailsOptions['send']): HTMLElement[] =>
  onFront
    ? [
        html(
          'div',
          { class: 'buttons' },
          html(
            'button',
            { type: 'button', 'data-focus': 'export', click: () => send({ kind: 'export', candidateId: id }) },
            'Export…',
          ),
        ),
      ]
    : [html('p', { class: 'quiet' }, 'Another network is at least as small and as accurate.')];

const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
