/** A canonical event as far as a line shows it. */
export interface ShownEvent {
  readonly id: string;
  readonly event: string;
  readonly user_id?: string | null;
  readonly anonymous_id?: string | null;
  readonly received_at?: string;
  readonly source: { readonly id: string; readonly dialect: string };
}

/** Time, sender, name, user and id. */
export function eventLine({ id, event, user_id, anonymous_id, received_at = '', source }: ShownEvent): string {
  const user = user_id ?? anonymous_id ?? '-';
  return plain(`${received_at}  ${source.dialect}/${source.id}  ${event}  ${user}  ${id}`);
}

/** Names and users are foreign text: what steers a terminal is not let through. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '�');
}
