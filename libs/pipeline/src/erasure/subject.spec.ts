import { subjectOf, subjectTest } from './subject.js';

const DEEPEST = 100_000;

const nested = (inner: string): unknown => JSON.parse('[{"a":'.repeat(DEEPEST / 2) + inner + '}]'.repeat(DEEPEST / 2));

describe('who is mentioned', () => {
  const test = subjectTest(subjectOf('email', 'ada@example.com'));

  it.each([
    ['under a name that means it', { $email: ' Ada@Example.com' }, true],
    ['in a list under such a name', { x: { email: ['bob@example.com', 'ada@example.com'] } }, true],
    ['under another name', { note: 'ada@example.com' }, false],
    ['under another name within one', { email: { note: 'ada@example.com' } }, false],
    ['under no name', ['ada@example.com'], false],
    ['as deep as a body may nest', nested('{"email":"ada@example.com"}'), true],
    ['nowhere, as deep as a body may nest', nested('{"email":"bob@example.com"}'), false],
    ['among more members than a call takes', Array(200_000).fill(0).concat({ email: 'ada@example.com' }), true],
  ])('%s', (_, value, isMentioned) => {
    expect(test.raw(value)).toBe(isMentioned);
  });
});
