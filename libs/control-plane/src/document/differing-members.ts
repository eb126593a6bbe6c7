import { sameContent } from '../entries.js';

/** The names of the members that two objects do not have alike, by their JSON. */
export function differingMembers(a: object, b: object): readonly string[] {
  const [old, fresh] = [new Map<string, unknown>(Object.entries(a)), new Map<string, unknown>(Object.entries(b))];
  const names = new Set([...old.keys(), ...fresh.keys()]);
  return [...names].filter((name) => !sameContent({ [name]: old.get(name) }, { [name]: fresh.get(name) }));
}
