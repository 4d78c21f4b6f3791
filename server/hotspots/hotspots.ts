/** The functions of a project by their share of a CPU profile, and which of them a network could take over. */

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { formatCount } from '../../engine/format.ts';
import { t } from '../../engine/texts.ts';
import type { Failure, Reason } from '../protocol.ts';
import type { SourceModule, SourceProject } from '../source/lazy.ts';
import { refusalText } from '../source/refusal.ts';
import { guardDisk } from '../store.ts';
import { type CallFrame, functionTimes, parseProfile } from './profile.ts';
import { createLocator, type Place } from './scripts.ts';

export interface Hotspot {
  /** Absolute path. */
  readonly file: string;
  /** `price`, or `Pricer.price` for a method; what V8 calls it where it has no such name. */
  readonly name: string;
  /** From 1. */
  readonly line: number;
  /** Shares of the time in which the program ran: with what it calls, and in its own code. */
  readonly share: number;
  readonly selfShare: number;
  /** 1 where it can be approximated, 0 where it cannot; functions are ranked by `share` times this, then by `share`. */
  readonly suitability: 0 | 1;
  /** Why it cannot, in the order of lines. */
  readonly reasons: readonly Reason[];
}

export interface Hotspots {
  readonly kind: 'hotspots';
  /** Seconds in which something ran. */
  readonly seconds: number;
  readonly functions: readonly Hotspot[];
  /** Shares of time in the own code of everything else. */
  readonly elsewhere: { readonly packages: number; readonly native: number; readonly absent: number };
  /** Scripts of the profile that are not on this machine, the first few. */
  readonly absent: readonly string[];
}

/** Functions below are no hotspots; above, this many are looked at, as each takes the compiler some milliseconds. */
const smallestShare = 0.001;
const mostFunctions = 200;
const mostAbsent = 5;

export interface HotspotContext {
  readonly module: SourceModule;
  readonly project: SourceProject;
  /** The project's root. */
  readonly root: string;
}

export function findHotspots(context: HotspotContext, path: string): Promise<Hotspots | Failure> {
  return guardDisk<Hotspots | Failure>(async () => {
    const profile = parseProfile(basename(path), readFileSync(path, 'utf8'));
    if (profile.kind === 'failed') return profile;
    const { places, identify } = identifier(context);
    const times = functionTimes(profile, identify);
    const shareOf = (microseconds: number) => microseconds / profile.busy;
    const functions = [...times]
      .map(([key, { self, total }]) => ({ key, share: shareOf(total), selfShare: shareOf(self) }))
      .filter(({ key, share }) => places.has(key) && share >= smallestShare)
      .sort((a, b) => b.share - a.share)
      .slice(0, mostFunctions)
      .map(({ key, share, selfShare }) => ({ ...judge(context, places.get(key)!), share, selfShare }));
    const elsewhere = (kind: string) => shareOf(times.get(kind)?.self ?? 0);
    return {
      kind: 'hotspots',
      seconds: profile.busy / 1e6,
      functions: functions.sort((a, b) => b.share * b.suitability - a.share * a.suitability || b.share - a.share),
      elsewhere: { packages: elsewhere('package'), native: elsewhere('native'), absent: elsewhere('absent') },
      absent: [...absentOf(profile.nodes.values(), context.root)].slice(0, mostAbsent),
    };
  });
}

type Located = Extract<Place, { kind: 'source' }> & { readonly functionName: string };

/** Frames of one function, in whichever bundles and versions of its code, get one name. Kinds of places name the rest. */
function identifier({ root }: HotspotContext) {
  const locate = createLocator(root);
  const places = new Map<string, Located>();
  const identify = (frame: CallFrame): string | undefined => {
    if (frame.functionName === '(root)' || frame.functionName === '(idle)') return undefined;
    const place = locate(frame);
    if (place.kind !== 'source') return place.kind;
    // A module's own code holds everything, and is nothing that could be approximated.
    if (frame.functionName === '' && frame.lineNumber === 0 && frame.columnNumber === 0) return undefined;
    const key = `${place.file}:${place.line}:${place.column}`;
    places.set(key, { ...place, functionName: frame.functionName });
    return key;
  };
  return { places, identify };
}

function judge(
  { module, project }: HotspotContext,
  { file, line, column, functionName }: Located,
): Omit<Hotspot, 'share' | 'selfShare'> {
  const common = { file, line: line + 1, suitability: 0 } as const;
  const offset = project.syntax(file)?.getLineStarts()[line];
  const analysis = offset === undefined ? undefined : module.analyse(project, { file, offset: offset + column });
  switch (analysis?.kind) {
    case 'region':
      return { ...common, name: analysis.region.name, line: analysis.region.line, suitability: 1, reasons: [] };
    case 'refused':
      return { ...common, name: analysis.name, reasons: analysis.reasons };
    default: {
      const name = functionName === '' ? '(anonymous)' : functionName;
      const message = refusalText(name, t('it has no name at the top level of its module'));
      return { ...common, name, reasons: [{ message, line: line + 1 }] };
    }
  }
}

function absentOf(nodes: Iterable<{ readonly frame: CallFrame }>, root: string): Set<string> {
  const locate = createLocator(root);
  const urls = new Set<string>();
  for (const { frame } of nodes) {
    const place = locate(frame);
    if (place.kind === 'absent') urls.add(place.url);
  }
  return urls;
}

/** The first reason without the words that every reason begins with. */
export function shortReason({
  name,
  reasons: [first, ...more],
}: Pick<Hotspot, 'name' | 'reasons'>): string | undefined {
  if (!first) return undefined;
  const [opening = ''] = refusalText(name, '\n').split('\n');
  const text = first.message.replace(opening, '').replace(/\.$/u, '');
  return more.length > 0 ? t('{0} (and {1} more)', text, formatCount(more.length)) : text;
}
