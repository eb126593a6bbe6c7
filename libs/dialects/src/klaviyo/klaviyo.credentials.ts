import { headerCredential, queryCredential } from '../credential-schemas.js';
import type { Claim, CredentialPlace, CredentialsSpec, RequestView } from '../dialect.js';
import { isClientPath } from './klaviyo.errors.js';

/** A company id is public: the prefix, which no header can contain, keeps it from passing for a private key. */
const companyToken = (companyId: string): string => `company_id\n${companyId}`;

const COMPANY_ID_CHARS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function generateCompanyId(random: (bytes: number) => Buffer): string {
  return [...random(6)].map((byte) => COMPANY_ID_CHARS.charAt(byte % COMPANY_ID_CHARS.length)).join('');
}

export const credentials: CredentialsSpec = {
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      privateKey: { ...headerCredential('For /api/*, sent as `Klaviyo-API-Key` or `Bearer`.'), writeOnly: true },
      companyId: queryCredential('Public, for /client/*, sent as `company_id`.'),
    },
  },
  generate: (given, random) => ({
    privateKey: given.privateKey ?? `pk_${random(17).toString('hex')}`,
    companyId: given.companyId ?? generateCompanyId(random),
  }),
  tokens: ({ privateKey, companyId }) => [
    ...(privateKey === undefined ? [] : [{ token: privateKey, grant: 'write' }]),
    ...(companyId === undefined ? [] : [{ token: companyToken(companyId), grant: 'public' }]),
  ],
};

export const credentialPlaces: readonly CredentialPlace[] = [
  {
    name: 'privateKey',
    member: 'privateKey',
    grant: 'write',
    scheme: { type: 'apiKey', in: 'header', name: 'Authorization' },
    prefix: 'Klaviyo-API-Key ',
    description: 'A private key of the account.',
  },
  {
    name: 'bearer',
    member: 'privateKey',
    grant: 'write',
    scheme: { type: 'http', scheme: 'bearer' },
    description: 'The same key, as OAuth clients send it.',
  },
  {
    name: 'companyId',
    member: 'companyId',
    grant: 'public',
    scheme: { type: 'apiKey', in: 'query', name: 'company_id' },
    description: 'The public id of the account.',
  },
];

export function claim({ path, query, headers }: RequestView): Claim {
  if (isClientPath(path)) {
    const companyId = query.company_id;
    return companyId === undefined || companyId === '' ? { missing: 'company_id' } : { token: companyToken(companyId) };
  }
  const token = /^(?:Klaviyo-API-Key|Bearer) +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  return token === undefined ? { missing: 'Authorization: Klaviyo-API-Key' } : { token };
}
