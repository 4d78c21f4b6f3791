/** The points that stand out, in the order in which one shape stands for several roles. */
import type { Role } from '../../engine/plot/marks.ts';
import { t } from '../../engine/texts.ts';
import type { FrontView } from '../../server/protocol.ts';

/** By the id of the network. */
export type Roles = ReadonlyMap<string, readonly Role[]>;

export const noRoles: Roles = new Map();

/** The roles of each point that has any. The knee depends on the axes. */
export function rolesOf(view: FrontView, knee: string | undefined): Roles {
  const holders = [
    ['applied', view.applied],
    ['chosen', view.chosen],
    ['knee', knee],
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
      return t('In use');
    case 'chosen':
      return view.criterion?.met === false ? t('Closest') : t('Recommended');
    case 'knee':
      return t('Knee');
  }
}

export const roleNames = (roles: readonly Role[], view: FrontView): string =>
  roles.map((role) => roleName(role, view)).join(', ');
