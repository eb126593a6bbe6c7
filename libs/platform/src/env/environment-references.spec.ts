import { EnvironmentReferences } from './environment-references.js';

const references = new EnvironmentReferences({ CRM_KEY: 'pk_1', EMPTY: '', ADMIN_TOKEN: 't', ENCRYPTION_KEY: 'k' });

describe('references to the environment', () => {
  it('give the value of a variable', () => {
    expect(references.lookUp('CRM_KEY')).toBe('pk_1');
  });

  it.each(['ABSENT', 'EMPTY', '__proto__', 'constructor'])('give nothing for %s', (name) => {
    expect(references.lookUp(name)).toBeUndefined();
  });

  it.each(['ADMIN_TOKEN', 'ENCRYPTION_KEY'])('never give %s away', (name) => {
    expect(references.lookUp(name)).toBeUndefined();
  });
});
