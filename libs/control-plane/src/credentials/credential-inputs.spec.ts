import { maskCredential, resolveCredentials, rotatedMembers } from './credential-inputs.js';

const generate = (given: Readonly<Record<string, string>>) => ({ apiKey: 'made', publicId: 'made-id', ...given });

describe('resolveCredentials', () => {
  it('takes over, keeps, removes and generates', () => {
    expect(resolveCredentials({ apiKey: 'mine' }, {}, generate)).toEqual({
      credentials: { apiKey: 'mine', publicId: 'made-id' },
      generated: { publicId: 'made-id' },
    });
    expect(resolveCredentials({ apiKey: { set: true } }, { apiKey: 'old', publicId: 'p' }, generate)).toEqual({
      credentials: { apiKey: 'old', publicId: 'p' },
      generated: {},
    });
    expect(resolveCredentials({}, { extra: 'kept', apiKey: 'old', publicId: 'p' }, generate).credentials).toEqual({
      extra: 'kept',
      apiKey: 'old',
      publicId: 'p',
    });
    expect(
      resolveCredentials({ extra: null, apiKey: null }, { extra: 'x', apiKey: 'old', publicId: 'p' }, generate),
    ).toEqual({
      credentials: { apiKey: 'made', publicId: 'p' },
      generated: { apiKey: 'made' },
    });
  });

  it('generates where there is nothing to keep', () => {
    expect(resolveCredentials({ apiKey: { set: true } }, {}, generate).generated).toHaveProperty('apiKey', 'made');
  });
});

describe('maskCredential', () => {
  it.each([
    ['', '…'],
    ['abc', '…'],
    ['abcd', '…d'],
    ['12345678', '…78'],
    ['kx_key_0123456789abcd12', '…cd12'],
    ['x'.repeat(1_000), '…xxxx'],
  ])('%j reads %j: never more than a quarter', (text, hint) => {
    expect(maskCredential(text)).toEqual({ set: true, hint });
  });
});

describe('rotatedMembers', () => {
  it('are those marked writeOnly, or all', () => {
    const marked = { type: 'object', properties: { projectId: {}, apiKey: { writeOnly: true } } };
    expect(['projectId', 'apiKey'].filter(rotatedMembers(marked))).toEqual(['apiKey']);
    expect(['a', 'b'].filter(rotatedMembers({ type: 'object', properties: { a: {}, b: {} } }))).toEqual(['a', 'b']);
  });
});
