import type { ClientSettings } from '../dialect.js';

export const KIXO_CLIENTS: readonly ClientSettings[] = [
  {
    title: 'iOS SDK',
    code: `apiHost:    <baseUrl>
project id: <projectId>
API key:    <apiKey>`,
    note: 'Set the option apiHost where the SDK is configured. It also asks for its own configuration, which is answered with 404 here; events do not depend on it. Try it with a test build first.',
  },
  {
    title: 'HTTP',
    code: `const KIXO_URL = '<baseUrl>'; // was https://api.kixo.io

await axios.post(\`\${KIXO_URL}/v1/batch\`, {
  project_id: '<projectId>',
  api_key: '<apiKey>',
  bundle_id: 'com.example.app',
  platform: 'web',
  batch: events,
});`,
    note: 'Pages may post from any origin, with fetch or as a beacon.',
  },
  {
    title: 'Android SDK',
    code: '<baseUrl>/v1/batch',
    note: 'Its notes name no setting for the host. Let these events come from your backend, or put the gateway behind a host name that you control.',
  },
];
