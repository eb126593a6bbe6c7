import type { Problem } from '../api/client';

/** What the server found wrong, by JSON pointer. */
export class Faults {
  constructor(private readonly problem: Problem | null = null) {}

  /** At this member; undefined: nothing. */
  at(pointer: string): string | undefined {
    return this.join((found) => found === pointer);
  }

  /** At this member or anything inside it. */
  within(pointer: string): string | undefined {
    return this.join((found) => found === pointer || found.startsWith(`${pointer}/`));
  }

  private join(isMeant: (pointer: string) => boolean): string | undefined {
    const messages = (this.problem?.errors ?? [])
      .filter((fault) => isMeant(fault.pointer))
      .map(({ message }) => message);
    return messages.length === 0 ? undefined : messages.join('; ');
  }
}

/** One more segment of a JSON pointer (RFC 6901). */
export function below(pointer: string, member: string): string {
  return `${pointer}/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
