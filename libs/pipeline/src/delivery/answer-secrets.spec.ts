import type { OutboundRequest } from '#destinations';
import { withoutSecrets } from './answer-secrets.js';

const request: OutboundRequest = {
  method: 'POST',
  url: 'https://example.com/hook?key=key-in-the-url',
  headers: { Authorization: 'Bearer token-of-a-header', 'X-Plain': 'plain-header-value' },
  body: '',
  secretHeaders: ['authorization'],
};
const settings = { config: {}, credentials: { apiKey: 'key-of-the-credentials' } };
const shown = (body: string) => withoutSecrets({ status: 422, headers: { echo: body }, body }, request, settings);

describe('what is shown of an answer', () => {
  it.each([
    ['a secret header', 'got Bearer token-of-a-header', 'got [redacted]'],
    ['its token without the scheme', 'bad token token-of-a-header!', 'bad token [redacted]!'],
    ['a credential', 'no such key key-of-the-credentials', 'no such key [redacted]'],
    ['a parameter of the address', 'not key-in-the-url', 'not [redacted]'],
    ['what is no secret', 'plain-header-value', 'plain-header-value'],
  ])('%s', (_name, answer, expected) => {
    expect(shown(answer)).toEqual({ status: 422, headers: { echo: expected }, body: expected });
  });

  it('that it was cut', () => {
    const cut = withoutSecrets({ status: 200, headers: {}, body: '{"errors":[', cut: true }, request, settings);
    expect(cut).toEqual({ status: 200, headers: {}, body: '{"errors":[', cut: true });
  });
});
