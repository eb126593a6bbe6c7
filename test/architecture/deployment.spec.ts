import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { ownVariables } from '../../libs/platform/src/env/environment.js';
import { ROOT } from './sources.js';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: Pod;
    };
    readonly scaleTargetRef?: { readonly name: string };
  };
}

interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly {
    readonly image: string;
    readonly env: readonly { readonly name: string; readonly value: string }[];
    readonly securityContext: Readonly<Record<string, unknown>>;
    readonly readinessProbe: { readonly httpGet: { readonly path: string } };
    readonly livenessProbe: { readonly httpGet: { readonly path: string } };
  }[];
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const kubernetes = join(ROOT, 'deploy/kubernetes');
const files = readdirSync(kubernetes, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.yaml'));
const manifests = files
  .flatMap((path) => parseAllDocuments(readFileSync(join(kubernetes, path), 'utf8')))
  .map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
const deployments = manifests.filter(({ kind }) => kind === 'Deployment');
const podsOf = deployments.flatMap(({ metadata, spec }) =>
  spec.template ? [{ metadata, pod: spec.template.spec }] : [],
);

/** `NAME=value` and `NAME: value` as the files write them. */
function unknownVariables(names: readonly string[]): readonly string[] {
  return names.filter((name) => !ownVariables.has(name));
}

describe('what Node and V8 are told', () => {
  const flagsIn = (text: string): readonly string[] => text.match(/--[a-z-]+(?:=\d+)?(?=[" ])/g) ?? [];
  const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: { readonly start: string } };
  const started = flagsIn(scripts.start);
  const lineWith = (path: string, word: string): string =>
    read(path)
      .split('\n')
      .find((line) => line.startsWith(word)) ?? '';

  it('is the same for quickstart as for start', () => {
    expect(started).toContain('--no-allocation-site-pretenuring');
    expect(flagsIn(lineWith('scripts/quickstart.sh', 'exec node'))).toEqual(started);
  });

  it('is the same in the image, but for the bound that the memory of its container sets', () => {
    const bounded = started.filter((flag) => !flag.startsWith('--max-old-space-size'));
    expect(flagsIn(lineWith('Dockerfile', 'CMD'))).toEqual(bounded);
  });
});

describe('Kubernetes manifests', () => {
  it('run api and worker apart', () => {
    const roles = podsOf.map(({ metadata, pod }) => [metadata.name, pod.containers[0]?.env[0]]);
    expect(roles).toEqual([
      ['event-gateway-api', { name: 'ROLE', value: 'api' }],
      ['event-gateway-worker', { name: 'ROLE', value: 'worker' }],
    ]);
  });

  it('name kustomization resources that exist', () => {
    for (const folder of ['base', 'autoscaling']) {
      const { resources } = parse(read(`deploy/kubernetes/${folder}/kustomization.yaml`)) as { resources: string[] };
      for (const resource of resources)
        expect(statSync(join(kubernetes, folder, resource), { throwIfNoEntry: false })).toBeDefined();
    }
  });

  it('set variables that the gateway knows', () => {
    const literals = (
      parse(read('deploy/kubernetes/base/kustomization.yaml')) as {
        configMapGenerator: { literals: string[] }[];
      }
    ).configMapGenerator.flatMap((map) => map.literals.map((literal) => literal.split('=')[0] ?? ''));
    const secret = parse(read('deploy/kubernetes/base/secret.example.yaml')) as { stringData: Record<string, string> };
    const own = podsOf.flatMap(({ pod }) => pod.containers.flatMap(({ env }) => env.map(({ name }) => name)));
    const names = [...literals, ...Object.keys(secret.stringData), ...own];
    expect(names.length).toBeGreaterThan(6);
    expect(unknownVariables(names)).toEqual([]);
  });

  it('give containers no rights, time to drain, and probes that tell life from readiness', () => {
    for (const { pod } of podsOf) {
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(30);
      for (const container of pod.containers) {
        expect(container).toMatchObject({
          securityContext: {
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          },
          readinessProbe: { httpGet: { path: '/health/ready' } },
          livenessProbe: { httpGet: { path: '/health/live' } },
        });
      }
    }
  });

  it('select what they mean: every selector finds a deployment', () => {
    const labels = deployments.map(({ spec }) => spec.template?.metadata.labels ?? {});
    const selectors = manifests.flatMap(({ kind, spec }) => {
      if (kind === 'Service') return [(spec.selector ?? {}) as Readonly<Record<string, string>>];
      return spec?.selector?.matchLabels ? [spec.selector.matchLabels] : [];
    });
    expect(selectors.length).toBeGreaterThanOrEqual(5);
    for (const selector of selectors) expect(labels).toContainEqual(expect.objectContaining(selector));
    const targets = manifests.flatMap(({ spec }) => spec?.scaleTargetRef?.name ?? []);
    expect(targets.sort()).toEqual(['event-gateway-api', 'event-gateway-worker']);
  });
});

describe('compose.yaml', () => {
  const compose = parse(read('compose.yaml'), { merge: true }) as {
    services: Record<string, { environment?: Record<string, string>; command?: string[]; volumes?: string[] }>;
  };

  it('keeps what Redis was told, and evicts nothing', () => {
    const command = compose.services.redis?.command?.join(' ');
    expect(command).toContain('--appendonly yes --appendfsync always');
    expect(command).toContain('--maxmemory-policy noeviction');
    expect(command).toContain('--rdbcompression no');
    expect(compose.services.redis?.volumes).toEqual(['redis:/data']);
  });

  it('runs an api and a worker with variables that the gateway knows', () => {
    const { api, worker } = compose.services;
    expect([api?.environment?.ROLE, worker?.environment?.ROLE]).toEqual(['api', 'worker']);
    expect(unknownVariables(Object.keys({ ...api?.environment, ...worker?.environment }))).toEqual([]);
  });
});
