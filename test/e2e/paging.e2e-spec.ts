import {
  admin,
  flokitItems,
  flokitSender,
  startGateway,
  startSink,
  type Admin,
  type Gateway,
} from '../support/index.js';

interface Page {
  readonly data: readonly { readonly id: string }[];
  readonly nextCursor: string | null;
}

/** Every id that a list shows, a page at a time. */
async function walk(
  control: Admin,
  path: string,
  between: () => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body } = await control.ask('GET', `${path}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    const page = body as Page;
    ids.push(...page.data.map(({ id }) => id));
    cursor = page.nextCursor;
    await between();
  }
  return ids;
}

describe('lists that grow while they are read', () => {
  let gateway: Gateway;
  let control: Admin;
  const keys = new Map<string, string>();

  const accept = async (source: string, event: string, count: number): Promise<readonly string[]> =>
    flokitSender(gateway.port, keys.get(source) ?? '').accepted(flokitItems(event, count));

  beforeAll(async () => {
    gateway = await startGateway({ env: { LOG_LEVEL: 'warn' } });
    control = admin(gateway);
    // Three sources, so that more than one shard has segments.
    for (const id of ['ios', 'web', 'pos']) {
      const { credentials } = await control.createSource({ id });
      keys.set(id, credentials.apiKey ?? '');
    }
    await control.createDestination({ id: 'held', config: { url: (await startSink()).url }, paused: true });
  }, 120_000);

  it('shows every event once, newest first, whatever is accepted meanwhile', async () => {
    const accepted: string[] = [];
    for (let i = 0; i < 4; i++) {
      for (const source of keys.keys()) accepted.push(...(await accept(source, `e${i}`, 5)));
    }
    const newestFirst = [...accepted].reverse();
    for (const limit of [1, 7, 60, 250]) expect(await walk(control, `/events?limit=${limit}`)).toEqual(newestFirst);
    const meanwhile = async (): Promise<void> => void (await accept('web', 'late', 2));
    expect(await walk(control, '/events?limit=7', meanwhile)).toEqual(newestFirst);
  });

  it('shows every event of a source, and of a name', async () => {
    const mine = await accept('pos', 'rare', 3);
    await accept('pos', 'other', 3);
    expect(await walk(control, '/events?limit=2&event=rare')).toEqual([...mine].reverse());
    const ofSource = await walk(control, '/events?limit=4&sourceId=pos');
    expect(ofSource).toHaveLength(26);
    expect(new Set(ofSource).size).toBe(26);
  });

  it('goes on beyond what it looks at for one page', async () => {
    const [first = ''] = await accept('ios', 'first', 1);
    for (let i = 0; i < 260; i++) await accept('ios', 'filler', 1);
    const { body } = await control.ask('GET', '/events?limit=1&event=first&sourceId=ios');
    const page = body as Page;
    expect(page.data).toEqual([]);
    expect(page.nextCursor).not.toBeNull();
    expect(await walk(control, '/events?limit=1&event=first&sourceId=ios')).toEqual([first]);
    expect(await walk(control, '/events?limit=1&event=first')).toEqual([first]);
  });

  it('shows every replay', async () => {
    const made: string[] = [];
    for (let i = 0; i < 5; i++) {
      const order = { destinationId: 'held', from: 'dead-letters', dryRun: i % 2 === 0 };
      made.push(((await control.ask('POST', '/replays', order)).body as { readonly id: string }).id);
    }
    expect((await walk(control, '/replays?limit=2')).sort()).toEqual(made.sort());
    const { body } = await control.ask('GET', '/replays?limit=5');
    expect((body as Page).data.map(({ id }) => id)).toEqual([...made].reverse());
    expect((body as Page).nextCursor).toBeNull();
  });

  it.each(['/events', '/replays'])('refuses a cursor of somebody else at %s', async (path) => {
    for (const cursor of ['x', 'MTpi=', '%00']) {
      const { status, body } = await control.ask('GET', `${path}?cursor=${cursor}`);
      expect([status, body]).toEqual([422, expect.objectContaining({ code: 'validation_failed' })]);
    }
  });
});
