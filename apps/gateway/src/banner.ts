import type { JsonObject } from '#canonical';

export interface BannerSample {
  /** As people know it, e.g. `FloKit`. */
  readonly title: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

export interface BannerContent {
  /** Without final slash. */
  readonly baseUrl: string;
  /** Where the admin token can be read; undefined: it was given as ADMIN_TOKEN. */
  readonly adminTokenFile: string | undefined;
  /** One per dialect; empty if there is no demo source to send with. */
  readonly samples: readonly BannerSample[];
}

/** What a newcomer needs to see after the start: where things are, and something to paste. */
export function bannerText({ baseUrl, adminTokenFile, samples }: BannerContent): string {
  const lines = [
    '',
    `  The gateway is ready at ${baseUrl}`,
    '',
    `  Console        ${baseUrl}/console`,
    `  Documentation  ${baseUrl}/docs`,
    `  Admin token    ${adminTokenFile ?? 'as given in ADMIN_TOKEN'}`,
    '',
  ];
  if (samples.length > 0) lines.push('  Paste one of these into another terminal; the events show up below.', '');
  for (const sample of samples) lines.push(`# ${sample.title}`, curl(baseUrl, sample), '');
  lines.push(
    '  Then: npx event-gateway --help   (in this folder: configure, send files, watch events, replay)',
    '  Ctrl-C stops the gateway; what it has accepted stays.',
    '',
  );
  return `${lines.join('\n')}\n`;
}

/** A command for any POSIX shell. */
export function curl(baseUrl: string, { path, headers, body }: Omit<BannerSample, 'title'>): string {
  const parts = [
    `curl -sS -i ${quote(baseUrl + path)}`,
    ...Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    `-d ${quote(JSON.stringify(body))}`,
  ];
  return parts.join(' \\\n  ');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
