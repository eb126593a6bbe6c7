import type { CanonicalEvent, JsonObject } from '#canonical';
import type { Transform } from '#control-plane';
import { compileTransform } from './transform.js';

// By coreutils: `printf '%s' ada@example.com | sha256sum`.
const ADA = 'b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72';
const PHONE = 'b4267a2234e2072fa4d2e8d89fbe727c50fc414731d6ecacc2ed3d00f05038d1';
const USER = 'a24a7f55f278dd49fb1f99c5507800cb198a5bfe10fe2126cd0b25672152b0da';
const VISITOR = '2f8fe63a6224321de5d0a24cf30067d37a358706b1ed38b015282ab68dc69ae9';
const DEVICE = '0388fb626ca89a127847443989334b8c29e17567bc03a7a2ed13effca701a4a1';
const FORTY_TWO = '73475cb40a568e8da8a045ced110137e159f890ac4da883b6b17dc651b3a8049';
/** Of `{"a":[1,{"c":3,"d":4}],"b":null}`. */
const OBJECT = '7c6a076159c880d0bfeeeffea7d905a5db0dc97d6f585eadb80da4b1e5527df9';

const event: CanonicalEvent = {
  id: 'evt_0mabcdefg00aaaaaa000',
  type: 'track',
  event: 'signup',
  user_id: 'u-1',
  anonymous_id: 'a-1',
  timestamp: '2026-05-01T10:00:05.000Z',
  received_at: '2026-05-01T10:00:06.000Z',
  properties: {},
  source: { id: 'app', dialect: 'flokit' },
};

function changed(transform: Transform, more: Partial<CanonicalEvent> = {}): CanonicalEvent {
  return compileTransform(transform)?.({ ...event, ...more }) ?? event;
}

const properties = (transform: Transform, given: JsonObject): JsonObject =>
  changed(transform, { properties: given }).properties;

describe('hashProperties', () => {
  it('hashes what the globs name, each value in its common form', () => {
    const given: JsonObject = {
      email: ' Ada@Example.com ',
      $phone_number: '0049 (170) 123-4567',
      secret_text: 'ada@example.com',
      secret_number: 42,
      secret_object: { b: null, a: [1, { d: 4, c: 3 }] },
      plan: 'pro',
    };
    expect(properties({ hashProperties: ['email', '$phone*', 'secret_*'] }, given)).toEqual({
      email: ADA,
      $phone_number: PHONE,
      secret_text: ADA,
      secret_number: FORTY_TWO,
      secret_object: OBJECT,
      plan: 'pro',
    });
  });

  it('leaves what is empty, and a phone without a digit is hashed as the text it is', () => {
    expect(properties({ hashProperties: ['*'] }, { email: ' ', phone: 'no number', name: '', none: null })).toEqual({
      email: ' ',
      phone: '2aebf5775862c2c751497159f46c3c1c3e33baf7908329a280bb1f7f3c58669a',
      name: '',
      none: null,
    });
  });

  it('comes after dropping, before renaming and setting, and every rule names what came', () => {
    const rules: Transform = {
      dropProperties: ['gone', 'id'],
      hashProperties: ['gone', 'mail', 'name'],
      renameProperties: { mail: 'hashed_mail', other: 'name' },
      setProperties: { mail: 'set@example.com' },
    };
    expect(properties(rules, { gone: 'x', id: 1, mail: 'u-1', other: 'u-1' })).toEqual({
      hashed_mail: USER,
      name: 'u-1',
      mail: 'set@example.com',
    });
  });

  it('keeps an own member named __proto__ a member', () => {
    const given = JSON.parse('{"__proto__":{"x":1},"a":"u-1"}') as JsonObject;
    expect(JSON.stringify(properties({ hashProperties: ['a'] }, given))).toBe(`{"__proto__":{"x":1},"a":"${USER}"}`);
  });
});

describe('hashIdentity', () => {
  it('hashes the fields it names and no others', () => {
    const given: Partial<CanonicalEvent> = {
      identity: { email: 'ADA@example.com', phone: '+49 170 1234567', device_id: 'dev-1', session_id: 's-1' },
    };
    expect(changed({ hashIdentity: ['email', 'phone', 'device_id', 'anonymous_id'] }, given)).toMatchObject({
      user_id: 'u-1',
      anonymous_id: VISITOR,
      identity: { email: ADA, phone: PHONE, device_id: DEVICE, session_id: 's-1' },
    });
    expect(changed({ hashIdentity: ['user_id'] }, { anonymous_id: null })).toMatchObject({
      user_id: USER,
      anonymous_id: null,
    });
  });

  it('finds the same person in traits, patches and what has no canonical home', () => {
    const given: Partial<CanonicalEvent> = {
      type: 'identify',
      identity: { email: 'ada@example.com' },
      profile: {
        set: { email: 'other@example.com', $email: null, plan: 'pro' },
        append: { Email: ['ada@example.com'] },
      },
      extras: { profile: { attributes: { email_address: 'ada@example.com' } }, note: 'Ada@Example.com' },
      context: { page: 'ada@example.com' },
      properties: { owner: ['ADA@EXAMPLE.COM'], text: 'write to ada@example.com' },
    };
    const hashed = changed({ hashIdentity: ['email'] }, given);
    expect(hashed).toMatchObject({
      identity: { email: ADA },
      profile: { set: { $email: null, plan: 'pro' }, append: { Email: [ADA] } },
      extras: { profile: { attributes: { email_address: ADA } }, note: ADA },
      context: { page: ADA },
      // A copy within a longer text is not looked for.
      properties: { owner: [ADA], text: 'write to ada@example.com' },
    });
    expect(JSON.stringify(hashed.profile)).not.toContain('@');
  });

  it('does not touch what is set, nor hash twice what both rules name', () => {
    const rules: Transform = {
      hashIdentity: ['email'],
      hashProperties: ['email'],
      setProperties: { owner: 'ada@example.com' },
    };
    const given = { identity: { email: 'ada@example.com' }, properties: { email: 'ada@example.com' } };
    expect(changed(rules, given).properties).toEqual({ email: ADA, owner: 'ada@example.com' });
  });
});

it('nothing to do is no transform', () => {
  expect(compileTransform({})).toBeUndefined();
  expect(compileTransform({ dropProperties: [], hashProperties: [], hashIdentity: [] })).toBeUndefined();
});
