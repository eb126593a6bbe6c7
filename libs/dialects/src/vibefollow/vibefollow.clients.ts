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

await axios.post(
  \`\${VIBEFOLLOW_URL}/api/v1/events/batch\`,
  { events },
  { headers: { Authorization: 'Bearer <apiKey>' } },
);`,
  },
];
