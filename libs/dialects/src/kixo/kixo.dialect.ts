import type { Dialect, IngestRoute } from '../dialect.js';
import { checkBatch, replyToBatch } from './kixo.adapter.js';
import { KIXO_CLIENTS } from './kixo.clients.js';
import { claimFromBody, credentials, itemOfBatch, scrub } from './kixo.credentials.js';
import { encodeBatch } from './kixo-encode.mapping.js';
import { replyToFault } from './kixo.errors.js';
import { decodeBatch } from './kixo.mapping.js';
import { BATCH_SCHEMA, MAX_BODY_BYTES } from './kixo.wire.js';

const batch: IngestRoute = {
  id: 'kixo.batch',
  method: 'POST',
  path: '/v1/batch',
  summary: 'Send up to 1,000 events of one app',
  grant: 'write',
  maxBodyBytes: MAX_BODY_BYTES,
  // Browsers send beacons as text/plain.
  contentTypes: ['application/json', 'text/plain'],
  rateLimit: { bucket: 'batch', windows: [{ requests: 100, perSeconds: 1 }] },
  bodySchema: BATCH_SCHEMA,
  check: checkBatch,
  reply: replyToBatch,
  decode: decodeBatch,
  encode: (events) => encodeBatch(events),
  itemAt: itemOfBatch,
};

const kixo: Dialect = {
  name: 'kixo',
  title: 'Kixo',
  credentials,
  credentialPlaces: [],
  routes: [batch],
  probes: [],
  ownedPaths: ['/v1/batch'],
  cors: { paths: ['/v1/batch'], headers: ['content-type'] },
  claimFromBody,
  scrub,
  replyToFault,
  clients: KIXO_CLIENTS,
  sample: ({ projectId = '', apiKey = '' }) => ({
    path: '/v1/batch',
    headers: { 'Content-Type': 'application/json' },
    body: {
      project_id: projectId,
      api_key: apiKey,
      bundle_id: 'com.example.app',
      platform: 'web',
      // With sent_at the event counts as sent now, whenever the sample is pasted.
      sent_at: '2026-04-08T12:00:01Z',
      batch: [
        {
          event_type: 'page_view',
          event_name: '/pricing',
          device_id: 'd_001',
          session_id: 's_001',
          timestamp: '2026-04-08T12:00:00Z',
          properties: { referrer: 'https://example.com' },
        },
      ],
    },
  }),
};

export default kixo;
