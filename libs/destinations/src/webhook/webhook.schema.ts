import type { JsonSchema } from '../connector.js';

/** Names that belong to HTTP, to the gateway or to the signature; a trailing `-` stands for everything that begins so. */
const RESERVED_HEADERS = [
  'accept-encoding',
  'connection',
  'content-',
  'expect',
  'host',
  'keep-alive',
  'proxy-',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'webhook-',
];

/** The beginning of the names of credentials that are sent as headers. */
export const SECRET_HEADER_PREFIX = 'header:';

export const HEADER_NAME = `^${headerName('A-Za-z')}`;
export const HEADER_VALUE = '^(?:[!-~](?:[\\t -~]*[!-~])?)?$';
const MAX_HEADER_VALUE_LENGTH = 4_096;

export const configSchema: JsonSchema = {
  type: 'object',
  required: ['url'],
  additionalProperties: false,
  properties: {
    url: {
      type: 'string',
      description: 'Where the events are posted to.',
      pattern: '^https?://[^\\s\\\\]+$',
      maxLength: 2_048,
    },
    headers: {
      type: 'object',
      description:
        'Sent along with every request. Those that carry a secret by their name, such as `X-Api-Key`, are kept as credentials.',
      maxProperties: 32,
      propertyNames: { pattern: HEADER_NAME },
      additionalProperties: {
        type: 'string',
        description: 'Printable ASCII without blanks at either end.',
        pattern: HEADER_VALUE,
        maxLength: MAX_HEADER_VALUE_LENGTH,
      },
    },
  },
};

export const credentialsSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    signingSecret: {
      type: 'string',
      description: 'Signs every request: `whsec_` and 24 to 64 bytes in base64. Generated if left out.',
      pattern: '^whsec_(?=[A-Za-z0-9+/]{32,86}={0,2}$)(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
    },
    bearerToken: {
      type: 'string',
      description: 'Sent as `Authorization: Bearer …`.',
      pattern: '^[A-Za-z0-9._~+/-]+=*$',
      maxLength: 4_096,
    },
  },
  patternProperties: {
    [`^${SECRET_HEADER_PREFIX}${headerName('a-z')}`]: {
      type: 'string',
      description: 'Sent as the header of this name, in lower case.',
      pattern: HEADER_VALUE,
      maxLength: MAX_HEADER_VALUE_LENGTH,
    },
  },
};

/** Up to 128 characters, `letters` among them. */
function headerName(letters: string): string {
  const reserved = RESERVED_HEADERS.map(anyCase).join('|');
  return `(?!${reserved})[${letters}0-9][${letters}0-9!#$%&'*+.^_\`|~-]{0,127}$`;
}

/** JSON Schema patterns know no flag for it. */
function anyCase(name: string): string {
  const letters = [...name].map((letter) => (letter === '-' ? letter : `[${letter}${letter.toUpperCase()}]`)).join('');
  return name.endsWith('-') ? letters : `${letters}$`;
}
