/** Who changes something, as the audit log names it. */
export interface Author {
  /** `root` is the holder of ADMIN_TOKEN; other people are known by their token, parts of the gateway by their names. */
  readonly id: string;
  readonly name: string;
  /** Null where no request stands behind the change. */
  readonly origin: { readonly remoteAddress: string; readonly requestId: string } | null;
}

/** Who may act without an admin token of the store. No token may take one of these ids. */
export const RESERVED_AUTHORS = ['root', 'config-file', 'quickstart', 'gateway'] as const;

/** A part of the gateway that changes something by itself. */
export function ownAuthor(name: Exclude<(typeof RESERVED_AUTHORS)[number], 'root'>): Author {
  return { id: name, name, origin: null };
}
