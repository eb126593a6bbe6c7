export const JSON_TYPE = 'application/json';
export const MERGE_PATCH_TYPE = 'application/merge-patch+json';
/** The registered name first; the others are what clients send. */
export const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'] as const;

const YAML: ReadonlySet<string> = new Set(YAML_TYPES);

/** `application/json` of `Application/JSON; charset=utf-8`. */
export function mediaTypeOf(contentType: string): string {
  const [mediaType = ''] = contentType.split(';', 1);
  return mediaType.trim().toLowerCase();
}

export function isYaml(contentType: string | undefined): boolean {
  return YAML.has(mediaTypeOf(contentType ?? ''));
}

/** Whether a caller would rather have YAML than JSON, by its `Accept`. Who names both alike, or neither, gets JSON. */
export function prefersYaml(accept: string | undefined): boolean {
  const ranges = (accept ?? '').split(',').map((range) => [mediaTypeOf(range), qualityOf(range)] as const);
  const qualities = new Map(ranges);
  const yaml = Math.max(0, ...ranges.filter(([type]) => YAML.has(type)).map(([, quality]) => quality));
  const json = qualities.get(JSON_TYPE);
  if (json !== undefined) return yaml > json;
  return yaml > 0 && yaml >= (qualities.get('application/*') ?? qualities.get('*/*') ?? 0);
}

function qualityOf(range: string): number {
  const text = /;\s*q\s*=\s*([\d.]+)/i.exec(range)?.[1];
  return text === undefined ? 1 : Number(text);
}
