import type { GatewayEvent } from '../../api/types';

function idsOf({ user_id, anonymous_id, identity }: GatewayEvent): readonly string[] {
  const known = [user_id, identity?.email, identity?.phone, anonymous_id, identity?.device_id];
  return known.flatMap((id) => (typeof id === 'string' && id !== '' ? [id] : []));
}

/** By the best id there is. */
export function userOf(event: GatewayEvent): string {
  return idsOf(event)[0] ?? '–';
}

/** Any of the event's ids contains the text. */
export function hasUser(event: GatewayEvent, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return wanted === '' || idsOf(event).some((id) => id.toLowerCase().includes(wanted));
}
