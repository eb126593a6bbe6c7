/** One event of a test run, in words that no dialect owns. */
export interface Happening {
  /** Unique; a property, or a trait of a profile. */
  readonly mark: string;
  readonly name: string;
  readonly user: string;
  /** ISO 8601. */
  readonly time: string;
  /** An event, the same without a time of its own, or what is known of the user. */
  readonly kind: 'timed' | 'untimed' | 'profile';
  /** One more property, to make the event larger. */
  readonly padding?: string;
}

export interface ClientRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Speaks a dialect as its vendor's customers do. */
export interface DialectClient {
  readonly dialect: string;
  readonly credentials: Readonly<Record<string, string>>;
  /** Status of a taken request. */
  readonly success: readonly number[];
  /** The kinds that the dialect can say. */
  readonly kinds: readonly Happening['kind'][];
  /**
   * All happenings are of one kind. A request with a key may be repeated: the key goes where the dialect has a place for
   * it, be it the request's or each event's own.
   */
  request(happenings: readonly Happening[], key?: string): ClientRequest;
}

const propertiesOf = ({ mark, padding }: Happening): object => ({ mark, ...(padding !== undefined && { padding }) });
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const idempotent = (key: string | undefined): Readonly<Record<string, string>> =>
  key === undefined ? {} : { 'idempotency-key': key };

const flokit: DialectClient = {
  dialect: 'flokit',
  credentials: { apiKey: 'fk_rw_pairs' },
  success: [200],
  kinds: ['timed'],
  request: (happenings, key) => ({
    path: '/v1/batch/events',
    headers: { ...bearer('fk_rw_pairs'), ...idempotent(key) },
    body: {
      events: happenings.map((each) => ({
        event: each.name,
        user_id: each.user,
        timestamp: each.time,
        properties: propertiesOf(each),
      })),
    },
  }),
};

const vibefollow: DialectClient = {
  dialect: 'vibefollow',
  credentials: { apiKey: 'sk_live_pairs' },
  success: [200, 202],
  kinds: ['timed', 'untimed', 'profile'],
  request: (happenings, key) => {
    const headers = { ...bearer('sk_live_pairs'), ...idempotent(key) };
    if (happenings[0]?.kind === 'profile') {
      const users = happenings.map((each) => ({ external_user_id: each.user, traits: propertiesOf(each) }));
      return { path: '/api/v1/users/bulk', headers, body: { users } };
    }
    const timed = happenings[0]?.kind === 'timed';
    const events = happenings.map((each) => ({
      external_user_id: each.user,
      name: each.name,
      properties: propertiesOf(each),
      ...(timed && { timestamp: each.time }),
    }));
    return { path: `/api/v1/events/${timed ? 'bulk' : 'batch'}`, headers, body: { events } };
  },
};

const kixo: DialectClient = {
  dialect: 'kixo',
  credentials: { projectId: 'kx_proj_pairs', apiKey: 'kx_key_pairs' },
  success: [200],
  kinds: ['timed', 'profile'],
  request: (happenings) => ({
    path: '/v1/batch',
    headers: {},
    body: {
      project_id: 'kx_proj_pairs',
      api_key: 'kx_key_pairs',
      bundle_id: 'org.sample.shop',
      platform: 'ios',
      batch: happenings.map((each) => ({
        event_type: each.kind === 'profile' ? 'identify' : 'custom',
        event_name: each.kind === 'profile' ? 'identify' : each.name,
        device_id: `device-of-${each.user}`,
        session_id: 'session-1',
        user_id: each.user,
        timestamp: each.time,
        properties: propertiesOf(each),
      })),
    },
  }),
};

const klaviyo: DialectClient = {
  dialect: 'klaviyo',
  credentials: { privateKey: 'pk_pairs' },
  success: [202],
  kinds: ['timed'],
  request: (happenings, key) => ({
    path: '/api/event-bulk-create-jobs',
    headers: { authorization: 'Klaviyo-API-Key pk_pairs', revision: '2026-07-15' },
    body: {
      data: {
        type: 'event-bulk-create-job',
        attributes: { 'events-bulk-create': { data: happenings.map((each) => klaviyoItem(each, key)) } },
      },
    },
  }),
};

function klaviyoItem(happening: Happening, key: string | undefined): object {
  const { mark, name, user, time } = happening;
  const metric = { data: { type: 'metric', attributes: { name } } };
  const uniqueId = key === undefined ? {} : { unique_id: `${key}-${mark}` };
  const event = { type: 'event', attributes: { metric, properties: propertiesOf(happening), time, ...uniqueId } };
  const profile = { data: { type: 'profile', attributes: { external_id: user } } };
  return { type: 'event-bulk-create', attributes: { profile, events: { data: [event] } } };
}

export const dialectClients: readonly DialectClient[] = [flokit, vibefollow, kixo, klaviyo];
