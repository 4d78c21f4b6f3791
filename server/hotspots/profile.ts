/** A V8 CPU profile, as `node --cpu-prof`, Chrome and VS Code write it: how long each function took. */

import { z } from 'zod';
import { t } from '../../engine/texts.ts';
import type { Failure } from '../protocol.ts';

const frameSchema = z.object({
  functionName: z.string(),
  url: z.string(),
  /** Both from 0, of the parenthesis that opens the parameters; -1 for what has no source. */
  lineNumber: z.number(),
  columnNumber: z.number(),
});
export type CallFrame = z.infer<typeof frameSchema>;

const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: frameSchema,
      hitCount: z.number().exactOptional(),
      children: z.array(z.number()).exactOptional(),
    }),
  ),
  /** Microseconds. */
  startTime: z.number(),
  endTime: z.number(),
  /** Ids of the nodes that were running, and microseconds between one and the one before. */
  samples: z.array(z.number()).exactOptional(),
  timeDeltas: z.array(z.number()).exactOptional(),
});

export interface ProfileNode {
  readonly frame: CallFrame;
  readonly children: readonly number[];
  /** Microseconds in its own code. */
  readonly self: number;
}

export interface Profile {
  readonly kind: 'profile';
  /** By id; the root is first. */
  readonly nodes: ReadonlyMap<number, ProfileNode>;
  readonly root: number;
  /** Microseconds in which something ran. */
  readonly busy: number;
}

/** Time that nothing used is no time to save. */
const idle = '(idle)';

/** `name` is the file's name, for the message. */
export function parseProfile(name: string, text: string): Profile | Failure {
  const problem = (message: string): Failure => ({
    kind: 'failed',
    message: `${name} ${message}.`,
    hint: t('Make one with node --cpu-prof, or save one from the profiler of Chrome or VS Code.'),
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return problem(t('is no JSON file'));
  }
  const parsed = profileSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return problem(t('is no CPU profile: {0}: {1}', issue!.path.join('.'), issue!.message));
  }
  const { nodes, startTime, endTime, samples, timeDeltas } = parsed.data;
  if (nodes.length === 0) return problem(t('holds no functions'));
  const self = new Map<number, number>();
  const add = (id: number, time: number) => self.set(id, (self.get(id) ?? 0) + time);
  if (samples && timeDeltas) {
    // A sample lasts until the next one.
    samples.forEach((id, at) => {
      add(id, Math.max(0, timeDeltas[at + 1] ?? timeDeltas.at(-1) ?? 0));
    });
  } else {
    const hits = nodes.reduce((sum, { hitCount = 0 }) => sum + hitCount, 0);
    for (const { id, hitCount = 0 } of nodes) add(id, (hitCount / Math.max(hits, 1)) * (endTime - startTime));
  }
  const busy = nodes.reduce(
    (sum, { id, callFrame }) => sum + (callFrame.functionName === idle ? 0 : (self.get(id) ?? 0)),
    0,
  );
  if (!(busy > 0)) return problem(t('holds no samples'));
  return {
    kind: 'profile',
    nodes: new Map(
      nodes.map(({ id, callFrame, children = [] }) => [id, { frame: callFrame, children, self: self.get(id) ?? 0 }]),
    ),
    root: nodes[0]!.id,
    busy,
  };
}

export interface FunctionTime {
  /** Microseconds in its own code, and with everything that it calls. */
  readonly self: number;
  readonly total: number;
}

/** Times of functions, which `identify` names; what it has no name for counts for its callers alone. */
export function functionTimes(
  { nodes, root }: Profile,
  identify: (frame: CallFrame) => string | undefined,
): ReadonlyMap<string, FunctionTime> {
  const names = new Map([...nodes].map(([id, { frame }]) => [id, identify(frame)]));
  const totals = subtreeTimes(nodes, root);
  const times = new Map<string, { self: number; total: number }>();
  const open = new Map<string, number>();
  // Depth first without recursion: call trees are as deep as the program's stack was.
  const stack: { readonly id: number; readonly leaving: boolean }[] = [{ id: root, leaving: false }];
  while (stack.length > 0) {
    const { id, leaving } = stack.pop()!;
    const node = nodes.get(id);
    const name = names.get(id);
    if (!node) continue;
    if (leaving) {
      if (name !== undefined) open.set(name, open.get(name)! - 1);
      continue;
    }
    if (name !== undefined) {
      const time = times.get(name) ?? { self: 0, total: 0 };
      times.set(name, time);
      time.self += node.self;
      // Inside a call of itself its time is counted already.
      const depth = open.get(name) ?? 0;
      if (depth === 0) time.total += totals.get(id)!;
      open.set(name, depth + 1);
      stack.push({ id, leaving: true });
    }
    for (const child of node.children) stack.push({ id: child, leaving: false });
  }
  return times;
}

function subtreeTimes(nodes: Profile['nodes'], root: number): ReadonlyMap<number, number> {
  const order: number[] = [];
  const stack = [root];
  while (stack.length > 0) {
    const id = stack.pop()!;
    order.push(id);
    stack.push(...(nodes.get(id)?.children ?? []));
  }
  const totals = new Map<number, number>();
  for (const id of order.reverse()) {
    const node = nodes.get(id);
    totals.set(
      id,
      (node?.self ?? 0) + (node?.children ?? []).reduce((sum, child) => sum + (totals.get(child) ?? 0), 0),
    );
  }
  return totals;
}
