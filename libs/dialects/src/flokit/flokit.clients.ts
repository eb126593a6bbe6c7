import type { ClientSettings } from '../dialect.js';

/** The vendor has no SDK for its events: its clients are HTTP code (flokit.md). */
export const FLOKIT_CLIENTS: readonly ClientSettings[] = [
  {
    title: 'JavaScript',
    code: `const FLOKIT_URL = '<baseUrl>'; // was https://api.flokit.ai

await axios.post(
  \`\${FLOKIT_URL}/v1/batch/events\`,
  { events },
  { headers: { Authorization: 'Bearer <apiKey>' } },
);`,
    note: 'Only the host changes. GET /v1/workspace tests a key, as it does at FloKit.',
  },
  {
    title: 'Python',
    code: `FLOKIT_URL = "<baseUrl>"  # was https://api.flokit.ai

requests.post(
    f"{FLOKIT_URL}/v1/batch/events",
    headers={"Authorization": "Bearer <apiKey>"},
    json={"events": events},
)`,
  },
];
