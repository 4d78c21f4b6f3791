/** The points that stand out, in the order in which one shape stands for several roles. */
import type { Role } from '../../engine/plot/marks.ts';
import type { FrontView } from '../../server/protocol.ts';
import { frontOf, kneeOf } from './front.ts';

/** The roles of each point that has any, by id. */
export function rolesOf(view: FrontView): ReadonlyMap<string, readonly Role[]> {
  const holders = [
    ['applied', view.applied],
    ['chosen', view.chosen],
    ['knee', kneeOf(frontOf(view.points))?.id],
  ] as const;
  const roles = new Map<string, Role[]>();
  for (const [role, id] of holders) {
    if (id !== undefined) roles.set(id, [...(roles.get(id) ?? []), role]);
  }
  return roles;
}

/** A network that misses its bound or its speed is the closest one, not a recommended one. */
export function roleName(role: Role, view: FrontView): string {
  switch (role) {
    case 'applied':
      return 'In use';
    case 'chosen':
      return view.criterion?.met === false ? 'Closest' : 'Recommended';
    case 'knee':
      return 'Knee';
  }
}

export const roleNames = (roles: readonly Role[], view: FrontView): string =>
  roles.map((role) => roleName(role, view)).join(', ');
