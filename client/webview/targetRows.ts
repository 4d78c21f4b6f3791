/** The figures of a target as text, without any drawing. */
import { formatAmount, formatBytes, formatCount, formatDuration } from '../../engine/format.ts';
import { networkLabel } from '../../engine/plot/runFigures.ts';
import { t } from '../../engine/texts.ts';
import type { TargetId } from '../../engine/types.ts';
import type { CostItem, FrontView, NetworkEstimate, TargetEstimates } from '../../server/protocol.ts';
import type { TargetFigures } from '../targetFigures.ts';

export const targetOf = (figures: TargetFigures): TargetId =>
  figures.kind === 'estimated' ? figures.estimates.target : figures.target;

export function statusText(view: FrontView, figures: TargetFigures): string {
  switch (figures.kind) {
    case 'estimating':
      return t('Estimating…');
    case 'failed':
      return [figures.message, figures.hint].filter(Boolean).join(' ');
    case 'estimated': {
      const { description, unavailable, label, target } = figures.estimates;
      const check =
        unavailable === undefined
          ? t('Its code can be checked on this machine.')
          : t('Not checked here: {0}', unavailable);
      const measured =
        view.subject.kind === 'function' && target !== view.target
          ? t(
              'The errors and times above are of code for {0}; code for {1} is written, and checked where it can be, when you use a network.',
              view.target.toUpperCase(),
              label,
            )
          : '';
      return [`${description}.`, check, measured].filter(Boolean).join(' ');
    }
  }
}

/** A row of a table; the first cell names it. */
export interface PlainRow {
  readonly cells: readonly string[];
  /** One cell for the rest of the row, where there are no figures. */
  readonly note?: string;
  readonly current?: boolean;
}

/** A row for each network that the run stores, by size; the columns are those of the first that has figures. */
export function estimateRows(
  { points }: Pick<FrontView, 'points'>,
  { networks }: TargetEstimates,
  selected: string | undefined,
): { readonly columns: readonly (string | CostItem)[]; readonly rows: readonly PlainRow[] } {
  const byId = new Map(networks.map((own) => [own.id, own]));
  const columns = networks.find(({ figures }) => figures.length > 0)?.figures ?? [];
  const known = points.filter(({ id }) => byId.has(id)).sort((a, b) => a.params - b.params || a.bytes - b.bytes);
  return {
    columns: [t('Network'), ...columns],
    rows: known.map((point) => ({
      cells: [networkLabel(point), ...columns.map((column) => cellText(column, byId.get(point.id)!))],
      ...refusalOf(byId.get(point.id)!),
      current: point.id === selected,
    })),
  };
}

const refusalOf = ({ refusal }: NetworkEstimate) => (refusal === undefined ? {} : { note: refusal });

/** A network in integers may lack what others have, and the other way round. */
function cellText({ label }: CostItem, { figures }: NetworkEstimate): string {
  const item = figures.find((own) => own.label === label);
  return item ? costText(item) : '–';
}

function costText({ value, unit }: CostItem): string {
  switch (unit) {
    case 'bytes':
      return formatBytes(value);
    case 'ns':
      return formatDuration(value);
    case 'clocks':
      return formatAmount(value, 'clock');
    default:
      return unit === '' ? formatCount(value) : `${formatCount(value)} ${unit}`;
  }
}
