import type { ClientSettings } from '../dialect.js';

export const KLAVIYO_CLIENTS: readonly ClientSettings[] = [
  {
    title: 'Node SDK',
    code: `import { ApiKeySession, EventsApi } from 'klaviyo-api';

const events = new EventsApi(new ApiKeySession('<privateKey>'));
events.basePath = '<baseUrl>'; // was https://a.klaviyo.com`,
    note: 'Only the API objects that send events: profiles, lists and metrics stay with Klaviyo. With OAuth the token itself still comes from Klaviyo.',
  },
  {
    title: 'HTTP',
    code: `const KLAVIYO_URL = '<baseUrl>'; // was https://a.klaviyo.com

await axios.post(\`\${KLAVIYO_URL}/api/event-bulk-create-jobs\`, job, {
  headers: {
    Authorization: 'Klaviyo-API-Key <privateKey>',
    revision: '2026-07-15',
    'Content-Type': 'application/vnd.api+json',
  },
});`,
  },
  {
    title: 'Browser',
    code: `await axios.post('<baseUrl>/client/events?company_id=<companyId>', { data: event }, {
  headers: { revision: '2026-07-15' },
});`,
    note: 'Pages may post from any origin.',
  },
];
