import type { LookupAddress } from 'node:dns';
import { NameResolver } from './name-resolver.js';

const FIRST: LookupAddress = { address: '192.0.2.1', family: 4 };
const SECOND: LookupAddress = { address: '192.0.2.2', family: 4 };

describe('NameResolver', () => {
  let nowMs: number;
  let questions: {
    readonly name: string;
    readonly answer: (address: LookupAddress) => void;
    readonly fail: (code: string) => void;
  }[];
  let resolver: NameResolver;

  beforeEach(() => {
    nowMs = 0;
    questions = [];
    const ask = (name: string) =>
      new Promise<readonly LookupAddress[]>((resolve, reject) => {
        questions.push({
          name,
          answer: (address) => resolve([address]),
          fail: (code) => reject(Object.assign(new Error(code), { code })),
        });
      });
    resolver = new NameResolver(ask, () => nowMs);
  });

  async function learn(): Promise<void> {
    const answer = resolver.addressesOf('a.example');
    questions[0]?.answer(FIRST);
    expect(await answer).toEqual([FIRST]);
  }

  it('asks once for all who want the same name', async () => {
    const answers = Promise.all([resolver.addressesOf('a.example'), resolver.addressesOf('a.example')]);
    void resolver.addressesOf('b.example');
    questions[0]?.answer(FIRST);
    expect(await answers).toEqual([[FIRST], [FIRST]]);
    expect(questions.map(({ name }) => name)).toEqual(['a.example', 'b.example']);
  });

  it('asks again after half a minute, and nobody waits for it', async () => {
    await learn();
    nowMs = 29_999;
    expect(await resolver.addressesOf('a.example')).toEqual([FIRST]);
    expect(questions).toHaveLength(1);
    nowMs = 30_000;
    expect(await resolver.addressesOf('a.example')).toEqual([FIRST]);
    expect(questions).toHaveLength(2);
    questions[1]?.answer(SECOND);
    await new Promise(setImmediate);
    expect(await resolver.addressesOf('a.example')).toEqual([SECOND]);
  });

  it('lives through trouble of the resolver for ten minutes', async () => {
    await learn();
    nowMs = 599_999;
    expect(await resolver.addressesOf('a.example')).toEqual([FIRST]);
    questions[1]?.fail('EAI_AGAIN');
    await new Promise(setImmediate);
    expect(await resolver.addressesOf('a.example')).toEqual([FIRST]);
    questions[2]?.fail('EAI_AGAIN');
    await new Promise(setImmediate);
    nowMs = 600_000;
    const late = resolver.addressesOf('a.example');
    questions[3]?.fail('EAI_AGAIN');
    await expect(late).rejects.toThrow('EAI_AGAIN');
  });

  it('forgets a name that is gone', async () => {
    await learn();
    nowMs = 30_000;
    await resolver.addressesOf('a.example');
    questions[1]?.fail('ENOTFOUND');
    await new Promise(setImmediate);
    const next = resolver.addressesOf('a.example');
    questions[2]?.fail('ENOTFOUND');
    await expect(next).rejects.toThrow('ENOTFOUND');
  });

  it('remembers a failure for nobody', async () => {
    const first = resolver.addressesOf('a.example');
    questions[0]?.fail('EAI_AGAIN');
    await expect(first).rejects.toThrow('EAI_AGAIN');
    const second = resolver.addressesOf('a.example');
    questions[1]?.answer(FIRST);
    expect(await second).toEqual([FIRST]);
  });
});
