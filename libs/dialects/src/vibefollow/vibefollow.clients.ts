import type { ClientSettings } from '../dialect.js';

export const VIBEFOLLOW_CLIENTS: readonly ClientSettings[] = [
  {
    title: 'SDK',
    code: `base URL: <baseUrl>/vibefollow
API key:  <apiKey>`,
    note: 'The vendor documents neither the name of the option nor whether it includes /api/v1. This address works either way.',
  },
  {
    title: 'JavaScript',
    code: `const VIBEFOLLOW_URL = '<baseUrl>'; // was https://api.vibefollow.com

await fetch(\`\${VIBEFOLLOW_URL}/api/v1/events/batch\`, {
  method: 'POST',
  headers: { Authorization: 'Bearer <apiKey>', 'Content-Type': 'application/json' },
  body: JSON.stringify({ events }),
});`,
  },
];
