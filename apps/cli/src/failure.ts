/** How the program ends; also in `docs/operations.md`. */
export const EXIT = {
  done: 0,
  /** The gateway, or a check beforehand, said no. */
  refused: 1,
  usage: 2,
  /** Nobody answered, or not in time. */
  unreachable: 3,
  /** `diff --exit-code`: there is a difference. */
  different: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The gateway's own words, as far as they are known (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly { readonly pointer: string; readonly message: string }[];
}

/** Ends a command with a message for people, and what the gateway said for programs. */
export class CliFailure extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode,
    readonly problem?: Problem,
  ) {
    super(message);
    this.name = 'CliFailure';
  }
}

export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
