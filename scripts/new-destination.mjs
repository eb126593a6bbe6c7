import { scaffold } from './scaffold.mjs';

scaffold({
  kind: 'destination',
  root: 'libs/destinations/src',
  reserved: [],
  nextSteps: (type) => [
    'npm test -- test/conformance/connectors: it passes as it is, and keeps telling what is missing.',
    `${type}.connector.ts: settings and credentials, limits and defaults of the vendor.`,
    'encode: the vendor\'s request; list in "lost" what it cannot carry.',
    'interpret: what is particular to its answers, event by event if it names them; the rest is interpretStatus.',
    `golden/: a case for each row of ${type}.md, its origin named; replace those marked [assumed].`,
  ],
});
