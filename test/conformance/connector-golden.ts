import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CanonicalEvent, Json } from '#canonical';
import {
  scanConnectors,
  type Connector,
  type ConnectorSettings,
  type Interpretation,
  type LostField,
  type Placement,
} from '#destinations';

/** One case, one file; the members are explained in README-connectors.md. */
export interface ConnectorGolden {
  readonly title: string;
  readonly origin: string;
  readonly settings: ConnectorSettings;
  readonly events: readonly CanonicalEvent[];
  readonly placements?: readonly Placement[];
  readonly lane?: string;
  readonly key: string;
  readonly attemptAt: string;
  readonly request?: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Json;
    readonly secretHeaders: readonly string[];
    readonly secretMembers?: readonly string[];
  };
  readonly lost?: readonly (readonly LostField[])[];
  readonly answers?: readonly {
    readonly response: {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Json;
    };
    readonly means: Interpretation;
  }[];
}

export interface ConnectorCases {
  readonly connector: Connector;
  /** By file name. */
  readonly goldens: readonly { readonly file: string; readonly golden: ConnectorGolden }[];
}

/** Where connectors live, and where each folder keeps its cases. */
const ROOMS = [
  { root: new URL('../../libs/destinations/src/', import.meta.url), cases: 'golden/' },
  { root: new URL('../../libs/dialects/src/', import.meta.url), cases: 'golden/out/' },
];

/** Every connector of the tree with its cases. */
export async function allConnectors(): Promise<readonly ConnectorCases[]> {
  const rooms = await Promise.all(
    ROOMS.map(async ({ root, cases }) =>
      (await scanConnectors(root)).map((connector) => ({
        connector,
        goldens: readGoldens(new URL(`${connector.type}/${cases}`, root)),
      })),
    ),
  );
  return rooms.flat();
}

function readGoldens(folder: URL): ConnectorCases['goldens'] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.sort().map((name) => {
    const file = fileURLToPath(new URL(name, folder));
    return { file: basename(file), golden: JSON.parse(readFileSync(file, 'utf8')) as ConnectorGolden };
  });
}
