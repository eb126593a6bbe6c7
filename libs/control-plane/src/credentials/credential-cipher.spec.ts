import { CredentialCipher, UnreadableSecretError } from './credential-cipher.js';

const KEY = Buffer.alloc(32, 1);
const OTHER = Buffer.alloc(32, 2);
const PLACE = { kind: 'source', id: 'ios-app', field: 'apiKey' };

describe('CredentialCipher', () => {
  const cipher = new CredentialCipher(KEY);

  it('opens what it sealed', () => {
    for (const text of ['', 'fk_1', 'ü – € 🦊', 'x'.repeat(100_000)]) {
      expect(cipher.open(cipher.seal(text, PLACE), PLACE)).toBe(text);
    }
  });

  it('reads what an earlier version of the program wrote', () => {
    const stored = 'a1.1df7a82f.AAECAwQFBgcICQoL.3c3KVVSRdByaNYW9fx-t0d2vBGSqoI4RGr0yUawLh7mPdh3tJ14';
    expect(cipher.open(stored, PLACE)).toBe('fk_stored_by_version_1');
  });

  it('never seals alike, and never shows the text or the key', () => {
    const [one, two] = [cipher.seal('fk_1', PLACE), cipher.seal('fk_1', PLACE)];
    expect(one).not.toBe(two);
    expect(one).toMatch(/^a1\.[0-9a-f]{8}\.[\w-]{16}\.[\w-]+$/);
    expect(one).not.toContain(KEY.toString('hex').slice(0, 8));
  });

  it.each([
    { ...PLACE, kind: 'destination' },
    { ...PLACE, id: 'android-app' },
    { ...PLACE, field: 'readOnlyApiKey' },
  ])('does not open what was moved to %j', (place) => {
    expect(() => cipher.open(cipher.seal('fk_1', PLACE), place)).toThrow(UnreadableSecretError);
  });

  it('does not open what was altered, cut or is none of ours', () => {
    const sealed = cipher.seal('fk_secret', PLACE);
    const [format = '', keyId = '', nonce = '', body = ''] = sealed.split('.');
    const altered = Buffer.from(body, 'base64url');
    altered[0] = (altered[0] ?? 0) ^ 1;
    for (const text of [
      [format, keyId, nonce, altered.toString('base64url')].join('.'),
      [format, keyId, Buffer.alloc(12).toString('base64url'), body].join('.'),
      [format, keyId, nonce, body.slice(0, 8)].join('.'),
      [format, keyId, nonce, ''].join('.'),
      [format, keyId, '', body].join('.'),
      ['a2', keyId, nonce, body].join('.'),
      '',
      'fk_secret',
    ]) {
      expect(() => cipher.open(text, PLACE)).toThrow(UnreadableSecretError);
    }
  });

  it('tells another key by its id, and opens with a retired one', () => {
    const sealed = new CredentialCipher(OTHER).seal('fk_1', PLACE);
    expect(() => cipher.open(sealed, PLACE)).toThrow(new CredentialCipher(OTHER).keyId);
    const both = new CredentialCipher(KEY, [OTHER]);
    expect(both.open(sealed, PLACE)).toBe('fk_1');
    expect(cipher.open(both.seal('fk_2', PLACE), PLACE)).toBe('fk_2');
  });
});
