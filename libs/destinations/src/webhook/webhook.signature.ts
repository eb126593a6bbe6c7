import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

export function generateSigningSecret(random: (bytes: number) => Buffer): string {
  return `${PREFIX}${random(SECRET_BYTES).toString('base64')}`;
}

/**
 * Value of `webhook-signature` (Standard Webhooks, version v1): one signature per secret, separated by blanks, of
 * `<id>.<timestamp>.<body>`. `timestamp` is in seconds since 1970.
 */
export function signatures(secrets: readonly string[], id: string, timestamp: number, body: Buffer): string {
  return secrets.map((secret) => `v1,${sign(secret, `${id}.${timestamp}.`, body)}`).join(' ');
}

function sign(secret: string, prefix: string, body: Buffer): string {
  const key = Buffer.from(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret, 'base64');
  return createHmac('sha256', key).update(prefix).update(body).digest('base64');
}
