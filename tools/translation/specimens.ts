import type { JsonObject } from '#canonical';

/** A request with everything in it that its dialect can say. No two of its values are equal, so that each can be traced. */
export interface Specimen {
  readonly title: string;
  readonly route: string;
  readonly body: JsonObject;
}

/** `any_key` stands for any member that a sender may choose. */
export const SPECIMENS: Readonly<Record<string, readonly Specimen[]>> = {
  flokit: [
    {
      title: 'An event',
      route: 'flokit.batch',
      body: {
        events: [
          {
            event: 'subscription_started',
            user_id: 'u-1',
            anonymous_id: 'a-1',
            timestamp: '2026-05-01T10:00:05.250Z',
            properties: { any_key: 'property-1', revenue: 49.5, currency: 'EUR' },
            any_key: 'unknown-1',
          },
        ],
        any_key: 'unknown-2',
      },
    },
  ],
  vibefollow: [
    {
      title: 'An event',
      route: 'vibefollow.events_bulk',
      body: {
        events: [
          {
            external_user_id: 'u-1',
            name: 'invoice_opened',
            timestamp: '2026-05-01T10:00:05.250Z',
            properties: { any_key: 'property-1' },
            any_key: 'unknown-1',
          },
        ],
        any_key: 'unknown-2',
      },
    },
    {
      title: 'An event without a time of its own',
      route: 'vibefollow.batch',
      body: { events: [{ external_user_id: 'u-1', name: 'invoice_opened', properties: { any_key: 'property-1' } }] },
    },
    {
      title: 'A user',
      route: 'vibefollow.users_bulk',
      body: {
        users: [
          { external_user_id: 'u-1', email: 'lee@sample.test', traits: { any_key: 'trait-1' }, any_key: 'unknown-1' },
        ],
      },
    },
  ],
  kixo: [
    {
      title: 'An event',
      route: 'kixo.batch',
      body: {
        bundle_id: 'org.sample.shop',
        platform: 'android',
        environment: 'staging',
        sent_at: '2026-05-01T10:00:08.000Z',
        any_key: 'unknown-2',
        batch: [
          {
            event_type: 'tap',
            event_name: 'Buy',
            device_id: 'd-1',
            session_id: 's-1',
            timestamp: '2026-05-01T10:00:04.250Z',
            properties: { any_key: 'property-1', amount_cents: 4950, currency: 'EUR' },
            user_id: 'u-1',
            group_id: 'g-1',
            sdk_version: '4.1.0',
            any_key: 'unknown-1',
          },
        ],
      },
    },
    {
      title: 'An identify event',
      route: 'kixo.batch',
      body: {
        bundle_id: 'org.sample.shop',
        platform: 'android',
        environment: 'staging',
        batch: [
          {
            event_type: 'account',
            event_name: 'identify',
            device_id: 'd-1',
            session_id: 's-1',
            timestamp: '2026-05-01T10:00:05.250Z',
            properties: { any_key: 'trait-1', $email: 'lee@sample.test', $phone: '+15005550006' },
            user_id: 'u-1',
          },
        ],
      },
    },
  ],
  klaviyo: [
    {
      title: 'An event',
      route: 'klaviyo.job',
      body: {
        data: {
          type: 'event-bulk-create-job',
          attributes: {
            'events-bulk-create': {
              data: [
                {
                  type: 'event-bulk-create',
                  attributes: {
                    any_key: 'unknown-1',
                    profile: {
                      data: {
                        type: 'profile',
                        id: '01GDDKASAP8TKDDA2GRZDSVP4H',
                        attributes: {
                          email: 'lee@sample.test',
                          phone_number: '+15005550006',
                          external_id: 'u-1',
                          anonymous_id: 'a-1',
                          _kx: 'kx-1',
                          first_name: 'Lee',
                          location: { city: 'Bonn' },
                          properties: { any_key: 'trait-1' },
                          any_key: 'unknown-3',
                        },
                        meta: {
                          patch_properties: {
                            append: { any_key: 'append-1' },
                            unappend: { any_key: 'unappend-1' },
                            unset: ['unset-1'],
                          },
                          patch_identifiers: { append: { email: 'ana@sample.test' } },
                        },
                      },
                    },
                    events: {
                      data: [
                        {
                          type: 'event',
                          attributes: {
                            metric: {
                              data: { type: 'metric', attributes: { name: 'Renewed Pass', service: 'service-1' } },
                            },
                            properties: { any_key: 'property-1' },
                            time: '2026-05-01T10:00:05Z',
                            value: 49.5,
                            value_currency: 'EUR',
                            unique_id: 'unique-1',
                            backfill: true,
                            any_key: 'unknown-2',
                          },
                        },
                      ],
                    },
                  },
                },
              ],
            },
          },
        },
        any_key: 'unknown-4',
      },
    },
  ],
};
