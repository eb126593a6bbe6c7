import type { Source } from '../model.js';
import { RecognizedTokens } from './recognized-tokens.js';
import { EMPTY_SNAPSHOT, tokenDigest, type Snapshot } from './snapshot.js';

const source = (id: string): Source => ({ id, name: id, dialect: 'flokit' }) as Source;

function snapshotOf(...tokens: readonly (readonly [dialect: string, token: string, sourceId: string])[]): Snapshot {
  const entries = tokens.map(
    ([dialect, token, id]) => [tokenDigest(dialect, token), { source: source(id), grant: 'write' }] as const,
  );
  return { ...EMPTY_SNAPSHOT, tokens: new Map(entries) };
}

describe('RecognizedTokens', () => {
  it('finds a token the first time and again', () => {
    const recognized = new RecognizedTokens();
    const snapshot = snapshotOf(['flokit', 'fk_1', 'one']);
    expect(recognized.find(snapshot, 'flokit', 'fk_1')?.source.id).toBe('one');
    expect(recognized.find(snapshot, 'flokit', 'fk_1')?.source.id).toBe('one');
  });

  it('keeps equal tokens of different dialects apart', () => {
    const recognized = new RecognizedTokens();
    const snapshot = snapshotOf(['flokit', 'same', 'one'], ['kixo', 'same', 'other']);
    for (let i = 0; i < 2; i++) {
      expect(recognized.find(snapshot, 'flokit', 'same')?.source.id).toBe('one');
      expect(recognized.find(snapshot, 'kixo', 'same')?.source.id).toBe('other');
      expect(recognized.find(snapshot, 'klaviyo', 'same')).toBeUndefined();
    }
  });

  it('forgets what a newer configuration does not hold any more', () => {
    const recognized = new RecognizedTokens();
    const before = snapshotOf(['flokit', 'revoked', 'one'], ['flokit', 'moved', 'one']);
    recognized.find(before, 'flokit', 'revoked');
    recognized.find(before, 'flokit', 'moved');
    const after = snapshotOf(['flokit', 'moved', 'other']);
    expect(recognized.find(after, 'flokit', 'revoked')).toBeUndefined();
    expect(recognized.find(after, 'flokit', 'moved')?.source.id).toBe('other');
  });

  it('remembers none that it did not find', () => {
    const recognized = new RecognizedTokens();
    const tokens = new Map<string, never>();
    const snapshot = { ...EMPTY_SNAPSHOT, tokens };
    expect(recognized.find(snapshot, 'flokit', 'guess')).toBeUndefined();
    tokens.set(tokenDigest('flokit', 'guess'), { source: source('late'), grant: 'write' } as never);
    expect(recognized.find(snapshot, 'flokit', 'guess')?.source.id).toBe('late');
  });
});
