export const ADMIN_ROLES = ['admin', 'viewer'] as const;
/** A viewer reads everything and changes nothing. */
export type AdminRole = (typeof ADMIN_ROLES)[number];

/** A named way into the admin API. The token itself is kept nowhere. */
export interface AdminToken {
  /** `[A-Za-z0-9_-]{1,64}` */
  readonly id: string;
  readonly name: string;
  readonly role: AdminRole;
  /** How the token ends, to tell several apart. */
  readonly hint: string;
  /** Who made it: the id of an author. */
  readonly createdBy: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601. Null: good until it is deleted. */
  readonly expiresAt: string | null;
}

export function isGood({ expiresAt }: AdminToken, now: number): boolean {
  return expiresAt === null || Date.parse(expiresAt) > now;
}
