import { ownVariables } from './environment.js';

/** What a configuration may refer to as `${NAME}`: the process's variables but the gateway's own. Injectable. */
export class EnvironmentReferences {
  constructor(private readonly vars: Readonly<Record<string, string | undefined>>) {}

  /** Undefined: not set, empty, or one of the gateway's own, which nobody may read out by way of a destination. */
  lookUp(name: string): string | undefined {
    if (ownVariables.has(name) || !Object.hasOwn(this.vars, name)) return undefined;
    const value = this.vars[name];
    return value === '' ? undefined : value;
  }
}

/** Those of this process, as they are at the time of each look. */
export function processReferences(): EnvironmentReferences {
  return new EnvironmentReferences(process.env);
}
