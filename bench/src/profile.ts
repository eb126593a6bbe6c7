import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bodies, flokit } from './bodies.js';
import { Admin } from './gateway-client.js';
import { load, startGateway, startServer } from './processes.js';

/** The part of V8's CPU profile that is read here. Times in microseconds. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Stage {
  readonly stage: string;
  readonly microsecondsPerEvent: number;
  readonly share: number;
}

const BATCH = 100;
/** Start and compilation are no part of the steady state. */
const SKIPPED_MICROSECONDS = 4_000_000;

/** Where the gateway's main thread spends its time, by the file that owns it, with one destination taking everything. */
export async function profileStages(): Promise<readonly Stage[]> {
  const directory = await mkdtemp(join(tmpdir(), 'gw-profile-'));
  try {
    const sink = await startServer('sink');
    const gateway = await startGateway({}, ['--cpu-prof', `--cpu-prof-dir=${directory}`]);
    const admin = new Admin(gateway);
    await admin.source('bench', 'flokit', flokit.credentials);
    await admin.webhook('sink', `http://127.0.0.1:${sink.port}/`);
    const { requests } = await load({
      port: gateway.port,
      path: flokit.path,
      headers: flokit.headers,
      bodies: bodies(flokit, BATCH, 250),
      connections: 16,
      warmupMs: 4_000,
      durationMs: 6_000,
    });
    await gateway.end();
    const [name] = (await readdir(directory)).filter((file) => file.endsWith('.cpuprofile'));
    const profile = JSON.parse(await readFile(join(directory, name ?? ''), 'utf8')) as Profile;
    return stages(profile, requests * BATCH);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function stages({ nodes, samples, timeDeltas }: Profile, events: number): readonly Stage[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const owner = (id: number): string => {
    const name = byId.get(id)?.callFrame.functionName ?? '';
    if (name.startsWith('(')) return name;
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const path = /\/(?:dist|node_modules)\/((?:@[^/]+\/)?[^/]+(?:\/[^/]+){0,3})/.exec(
        byId.get(at)?.callFrame.url ?? '',
      );
      if (path?.[1] !== undefined) return path[1];
    }
    return 'node';
  };
  const spent = new Map<string, number>();
  let at = 0;
  samples.forEach((sample, i) => {
    at += timeDeltas[i] ?? 0;
    if (at < SKIPPED_MICROSECONDS) return;
    const stage = owner(sample);
    if (stage !== '(idle)') spent.set(stage, (spent.get(stage) ?? 0) + (timeDeltas[i] ?? 0));
  });
  const busy = [...spent.values()].reduce((sum, each) => sum + each, 0);
  return [...spent]
    .sort(([, one], [, other]) => other - one)
    .slice(0, 25)
    .map(([stage, time]) => ({ stage, microsecondsPerEvent: time / events, share: time / busy }));
}
