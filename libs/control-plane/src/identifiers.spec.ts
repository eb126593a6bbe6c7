import { idFromName, isId } from './identifiers.js';

describe('idFromName', () => {
  it.each([
    ['iOS app', 'ios-app'],
    ['  Crème Brûlée! ', 'creme-brulee'],
    ['a'.repeat(100), 'a'.repeat(48)],
    [`${'a'.repeat(47)} b`, 'a'.repeat(47)],
  ])('%j becomes %j', (name, id) => {
    expect(idFromName(name, () => false)).toBe(id);
  });

  it('finds another one where that is taken, or where nothing is left of the name', () => {
    expect(idFromName('CRM', (id) => id === 'crm')).toMatch(/^crm-[0-9a-f]{8}$/);
    expect(idFromName('日本', () => false)).toMatch(/^[0-9a-f]{8}$/);
  });
});

describe('isId', () => {
  it.each(['a', 'A-b_9', 'x'.repeat(64)])('takes %s', (id) => expect(isId(id)).toBe(true));
  it.each(['', 'x'.repeat(65), 'a b', 'a.b', 'a\n', 'ä', '__proto__'])('refuses %j', (id) =>
    expect(isId(id)).toBe(false),
  );
});
