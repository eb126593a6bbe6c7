/** What the command line takes from its environment; secrets come from here or from files, never from arguments. */
export interface CliEnvironment {
  /** `EVENT_GATEWAY_URL` */
  readonly url: string | undefined;
  /** `EVENT_GATEWAY_TOKEN`: of the admin API. */
  readonly token: string | undefined;
  /** `EVENT_GATEWAY_SOURCE_CREDENTIALS`: JSON by name, or the one text a dialect needs. */
  readonly sourceCredentials: string | undefined;
}

/** The only reader of the process's variables in this program. Empty ones count as unset. */
export function processEnvironment(): CliEnvironment {
  const { EVENT_GATEWAY_URL, EVENT_GATEWAY_TOKEN, EVENT_GATEWAY_SOURCE_CREDENTIALS } = process.env;
  return {
    url: EVENT_GATEWAY_URL || undefined,
    token: EVENT_GATEWAY_TOKEN || undefined,
    sourceCredentials: EVENT_GATEWAY_SOURCE_CREDENTIALS || undefined,
  };
}
