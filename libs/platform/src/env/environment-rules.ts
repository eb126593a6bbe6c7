import { ValidateBy } from 'class-validator';
import ipaddr from 'ipaddr.js';
import { parseRedisUrl } from '../redis/redis-url.js';

export const ENCRYPTION_KEY_BYTES = 32;

/** Standard base64 of 32 bytes; Node's decoder alone would take any text. */
export function isEncryptionKey(text: string): boolean {
  return /^[A-Za-z0-9+/]{43}=?$/.test(text) && Buffer.from(text, 'base64').length === ENCRYPTION_KEY_BYTES;
}

export function IsEncryptionKey(): PropertyDecorator {
  return rule('isEncryptionKey', '$property must be 32 bytes as base64 (openssl rand -base64 32)', isEncryptionKey);
}

export function AreEncryptionKeys(): PropertyDecorator {
  return ValidateBy({
    name: 'areEncryptionKeys',
    validator: {
      validate: (value: unknown) => Array.isArray(value) && value.every((entry) => isEncryptionKey(String(entry))),
      defaultMessage: () => '$property must be keys of 32 bytes as base64, separated by commas',
    },
  });
}

export function IsListenHost(): PropertyDecorator {
  return rule('isListenHost', '$property must be an IP address or a host name', isListenHost);
}

export function IsHttpUrl(): PropertyDecorator {
  return rule('isHttpUrl', '$property must be an http:// or https:// URL', (text) => {
    return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  });
}

export function IsRedisUrl(): PropertyDecorator {
  const message =
    '$property must be redis:// or rediss:// URLs, separated by commas, or redis+sentinel://host,host/master';
  return rule('isRedisUrl', message, (text) => parseRedisUrl(text) !== undefined);
}

export function AreCidrs(): PropertyDecorator {
  return ValidateBy({
    name: 'areCidrs',
    validator: {
      validate: (value: unknown) => Array.isArray(value) && value.every((entry) => ipaddr.isValidCIDR(String(entry))),
      defaultMessage: () => '$property must be address ranges such as 10.0.0.0/8, separated by commas',
    },
  });
}

function rule(name: string, message: string, holds: (text: string) => boolean): PropertyDecorator {
  const validate = (value: unknown): boolean => typeof value === 'string' && holds(value);
  return ValidateBy({ name, validator: { validate, defaultMessage: () => message } });
}

function isListenHost(host: string): boolean {
  return ipaddr.isValid(host) || /^(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*$/.test(host);
}
