import {
  flokitItem,
  flokitSender,
  openLine,
  startGateway,
  until,
  type FlokitBatchAnswer,
  type Gateway,
  type HttpAnswer,
  type Line,
} from '../support/index.js';

const idsIn = ({ text }: HttpAnswer): readonly string[] => (JSON.parse(text) as FlokitBatchAnswer).event_ids;

describe('FloKit requests with the same Idempotency-Key', () => {
  let gateway: Gateway;
  let line: Line;

  beforeAll(async () => {
    gateway = await startGateway();
    line = await openLine(gateway);
  });

  const once = (name: string, key: string): Promise<HttpAnswer> =>
    line.sender.post(
      '/v1/batch/events',
      { events: [flokitItem(name), { event: name }, flokitItem(name)] },
      { 'Idempotency-Key': key },
    );

  it('are answered alike and delivered once, one after the other', async () => {
    const first = await once('sequential', 'night-sync-0412');
    const second = await once('sequential', 'night-sync-0412');
    expect(JSON.parse(first.text)).toMatchObject({ accepted: 2, rejected: 1, errors: [{ index: 1 }] });
    expect([second.status, second.text]).toEqual([200, first.text]);
    await line.settled();
    expect(line.arrived('sequential')).toEqual(idsIn(first));
  });

  it('are answered alike and delivered once, twenty at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => once('concurrent', 'twins')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    await line.settled();
    expect(line.arrived('concurrent')).toHaveLength(2);
  });

  it('mean the first one, whatever the later ones carry', async () => {
    const first = await once('original', 'same');
    const other = await line.sender.batch([flokitItem('replacement')], { 'Idempotency-Key': 'same' });
    expect([other.status, other.text]).toEqual([200, first.text]);
    await line.settled();
    expect(line.arrived('replacement')).toEqual([]);
  });

  it('mean the first one even if the later ones are invalid', async () => {
    const first = await once('valid', 'then-invalid');
    const key = { 'Idempotency-Key': 'then-invalid' };
    const other = await line.sender.post('/v1/batch/events', { events: [] }, key);
    expect([other.status, other.text]).toEqual([200, first.text]);
  });

  it('may be tried again after a refusal', async () => {
    const key = { 'Idempotency-Key': 'corrected' };
    expect((await line.sender.post('/v1/batch/events', { events: [] }, key)).status).toBe(400);
    const ids = await line.sender.accepted([flokitItem('corrected')], key);
    await line.settled();
    expect(line.arrived('corrected')).toEqual(ids);
  });

  it('are told apart by path, by key and by source', async () => {
    const other = await line.admin.createSource({ name: 'Other' });
    await line.change({ match: { sources: [line.sourceId, other.id] } });
    const neighbour = flokitSender(gateway.port, other.credentials.apiKey ?? '');
    const [first] = await line.sender.accepted([flokitItem('apart')], { 'Idempotency-Key': 'a' });
    const [second] = await line.sender.accepted([flokitItem('apart')], { 'Idempotency-Key': 'b' });
    const [third] = await neighbour.accepted([flokitItem('apart')], { 'Idempotency-Key': 'a' });
    const single = await line.sender.post('/v1/events', flokitItem('apart'), { 'Idempotency-Key': 'a' });
    const { event_id: fourth } = JSON.parse(single.text) as { event_id: string };
    await until(() => line.arrived('apart').length === 4);
    expect([...line.arrived('apart')].sort()).toEqual([first, second, third, fourth].sort());
  });

  it('are answered alike and delivered once, across a kill -9', async () => {
    const delivered = await once('survivor', 'before-the-kill');
    await line.settled();
    await line.admin.ask('POST', `/destinations/${line.destinationId}/pause`);
    const held = await once('held survivor', 'held-at-the-kill');
    await until(async () => (await line.stats()).waiting === 2, { what: 'both to be held' });
    await gateway.kill();
    gateway = await startGateway({ dataDir: gateway.dataDir, port: gateway.port });
    expect((await once('survivor', 'before-the-kill')).text).toBe(delivered.text);
    expect((await once('held survivor', 'held-at-the-kill')).text).toBe(held.text);
    await line.admin.ask('POST', `/destinations/${line.destinationId}/resume`);
    await line.settled();
    expect(line.arrived('survivor')).toEqual(idsIn(delivered));
    expect(line.arrived('held survivor')).toEqual(idsIn(held));
  });
});
