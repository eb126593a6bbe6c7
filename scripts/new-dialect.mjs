import { scaffold } from './scaffold.mjs';

scaffold({
  kind: 'dialect',
  root: 'libs/dialects/src',
  // The folders of the mechanism, and first segments of the gateway's own paths: a dialect answers below `/<name>`.
  reserved: ['ingest', 'json', 'admin', 'docs', 'health', 'metrics'],
  nextSteps: (name) => [
    'npm test -- test/conformance test/architecture: it passes as it is, and keeps telling what is missing.',
    `${name}.wire.ts: the items as the vendor's clients send them, and the limits.`,
    `${name}.dialect.ts: paths, credentials, rate limit, sample.`,
    `${name}.adapter.ts, ${name}.errors.ts: which items are refused, and every answer in the vendor's words.`,
    `${name}.mapping.ts: where each member belongs in the canonical event; encode is the inverse.`,
    `golden/: a case for each row of ${name}.md, its origin named; replace those marked [assumed].`,
    `To deliver to the vendor as well: ${name}.connector.ts beside them, and its cases in golden/out/.`,
  ],
});
