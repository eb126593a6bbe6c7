import {
  admin,
  flokitItem,
  openLine,
  startGateway,
  until,
  type DestinationStats,
  type Gateway,
} from '../support/index.js';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway({ env: { LOG_LEVEL: 'error' } });
});

/** As the overview shows it, which may be a second old. */
async function shown(destinationId: string): Promise<DestinationStats | undefined> {
  const { body } = await admin(gateway).ask('GET', '/overview');
  const { destinations } = body as { readonly destinations: readonly (DestinationStats & { readonly id: string })[] };
  return destinations.find(({ id }) => id === destinationId);
}

describe('what holds a destination', () => {
  it('is said where the destination asked for a rest, while its breaker is closed', async () => {
    const line = await openLine(gateway, { id: 'resting' });
    line.sink.replyWith(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
    await line.sender.accepted([flokitItem('early')]);
    await until(async () => (await line.stats()).heldBy?.startsWith('retry_after: '), { what: 'the rest to be shown' });
    const { heldBy, waiting, breaker } = await line.stats();
    expect(heldBy).toMatch(/^retry_after: \d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect([waiting, breaker.state]).toEqual([1, 'closed']);
    await until(async () => (await shown('resting'))?.heldBy === heldBy, { what: 'the overview to show it' });
  });

  it('is said where an admin paused it, and nothing where it runs', async () => {
    const line = await openLine(gateway, { id: 'paused' });
    expect((await line.stats()).heldBy).toBeNull();
    await admin(gateway).ask('POST', '/destinations/paused/pause');
    expect((await line.stats()).heldBy).toBe('paused: admin');
  });
});

describe('the last error', () => {
  it('says what went wrong where nobody answered', async () => {
    const line = await openLine(gateway, { id: 'away' });
    await line.sink.down();
    await line.sender.accepted([flokitItem('unheard')]);
    const lastError = await until(async () => (await line.stats()).lastError ?? undefined);
    expect(lastError.code).toBe('connection_refused');
    expect(lastError.detail).toContain('ECONNREFUSED');
  });
});
