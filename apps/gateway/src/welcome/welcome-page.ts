import type { Role } from '#platform';
import type { Product } from './product.js';

export interface Welcome extends Product {
  readonly role: Role;
  readonly links: Readonly<Record<string, string>>;
}

const everywhere = { live: '/health/live', ready: '/health/ready', metrics: '/metrics' };
const withAdmin = { console: '/console', docs: '/docs', openapi: '/openapi.json', admin: '/admin/v1' };

/** What a visitor of `/` is told. A worker serves nothing but health and metrics. */
export function welcome(product: Product, role: Role): Welcome {
  return { ...product, role, links: role === 'worker' ? everywhere : { ...withAdmin, ...everywhere } };
}

const labels: Readonly<Record<string, string>> = {
  console: 'Web console',
  docs: 'API documentation',
  openapi: 'OpenAPI document',
  admin: 'Admin API (bearer token)',
  live: 'Liveness',
  ready: 'Readiness',
  metrics: 'Prometheus metrics',
};

export function welcomePage({ name, version, description, role, links }: Welcome): string {
  const items = Object.entries(links).map(
    ([link, path]) =>
      `<li><a href="${escapeHtml(path)}">${escapeHtml(labels[link] ?? link)}</a> <code>${escapeHtml(path)}</code></li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)}</title>
<style>
body { font: 16px/1.6 system-ui, sans-serif; max-width: 42rem; margin: 4rem auto; padding: 0 1rem; color-scheme: light dark }
code { opacity: .7 }
</style>
</head>
<body>
<h1>${escapeHtml(name)}</h1>
<p>${escapeHtml(description)}</p>
<ul>
${items.join('\n')}
</ul>
<p><small>Version ${escapeHtml(version)}, role ${escapeHtml(role)}</small></p>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
