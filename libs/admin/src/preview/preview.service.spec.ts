import { startAdminApp } from '../../../../test/admin/admin-app.js';
import { startRedis } from '../../../../test/support/index.js';

interface Shown {
  readonly events: readonly { readonly event: string; readonly profile?: object }[];
}

const event = (name: string, unique_id: string): object => ({
  type: 'event',
  attributes: { metric: { data: { type: 'metric', attributes: { name } } }, unique_id },
});

const item = (events: readonly object[], meta?: object): object => {
  const profile = { data: { type: 'profile', attributes: { external_id: 'm-41' }, ...(meta && { meta }) } };
  return { type: 'event-bulk-create', attributes: { profile, events: { data: events } } };
};

describe('a preview of a Klaviyo item whose first event repeats one of the request', () => {
  it('shows the patch with the next event, as intake keeps it', async () => {
    const app = await startAdminApp(await startRedis());
    const data = [
      item([event('Renewed', 'pass-41')]),
      item([event('Renewed', 'pass-41'), event('Upgraded', 'pass-42')], { patch_properties: { unset: ['plan'] } }),
    ];
    const body = { data: { type: 'event-bulk-create-job', attributes: { 'events-bulk-create': { data } } } };
    const request = { dialect: 'klaviyo', body, headers: { Revision: '2024-10-15' } };
    const { events } = JSON.parse((await app.call('POST', '/preview', request)).text) as Shown;
    expect(events.map(({ event, profile }) => [event, profile])).toEqual([
      ['Renewed', undefined],
      ['Upgraded', { unset: ['plan'] }],
    ]);
  });
});
