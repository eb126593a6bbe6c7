import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = 'a1';

/** Where a secret belongs. It is authenticated, so a sealed text that was moved elsewhere does not open. */
export interface SecretPlace {
  readonly kind: string;
  readonly id: string;
  readonly field: string;
}

/** A sealed text that these keys do not open: another key, or a text that was altered or moved. */
export class UnreadableSecretError extends Error {
  constructor(
    readonly place: SecretPlace,
    readonly keyId: string,
    options?: ErrorOptions,
  ) {
    super(`the stored ${place.kind}/${place.id}/${place.field} (key ${keyId}) does not open with this key`, options);
    this.name = 'UnreadableSecretError';
  }
}

/**
 * Encrypts credentials at rest: AES-256-GCM, a random 96-bit nonce per text. A sealed text reads
 * `a1.<key id>.<nonce>.<ciphertext and tag>`, the last two in base64url; the key id tells keys apart without revealing them.
 */
export class CredentialCipher {
  private readonly keysById: ReadonlyMap<string, Buffer>;
  readonly keyId: string;

  /** `activeKey` seals; the retired ones only open. Each has 32 bytes. */
  constructor(
    private readonly activeKey: Buffer,
    retiredKeys: readonly Buffer[] = [],
  ) {
    this.keyId = keyIdOf(activeKey);
    this.keysById = new Map([activeKey, ...retiredKeys].map((key) => [keyIdOf(key), key]));
  }

  get hasRetiredKeys(): boolean {
    return this.keysById.size > 1;
  }

  /** Whether it was sealed with the active key. */
  isCurrent(sealed: string): boolean {
    return sealed.startsWith(`${FORMAT}.${this.keyId}.`);
  }

  seal(text: string, place: SecretPlace): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.activeKey, nonce);
    cipher.setAAD(additionalData(place));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return [FORMAT, this.keyId, nonce.toString('base64url'), sealed.toString('base64url')].join('.');
  }

  /** Throws UnreadableSecretError. */
  open(sealed: string, place: SecretPlace): string {
    const [format, keyId = '', nonce = '', body = ''] = sealed.split('.');
    const key = this.keysById.get(keyId);
    if (format !== FORMAT || !key) throw new UnreadableSecretError(place, keyId);
    const bytes = Buffer.from(body, 'base64url');
    try {
      const decipher = createDecipheriv(ALGORITHM, key, Buffer.from(nonce, 'base64url'), { authTagLength: TAG_BYTES });
      decipher.setAAD(additionalData(place));
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
      const text = decipher.update(bytes.subarray(0, bytes.length - TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new UnreadableSecretError(place, keyId, { cause });
    }
  }

  sealAll(values: Readonly<Record<string, string>>, kind: string, id: string): Readonly<Record<string, string>> {
    return mapEntries(values, (text, field) => this.seal(text, { kind, id, field }));
  }

  openAll(values: Readonly<Record<string, string>>, kind: string, id: string): Readonly<Record<string, string>> {
    return mapEntries(values, (sealed, field) => this.open(sealed, { kind, id, field }));
  }
}

function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('credential key id\0').update(key).digest('hex').slice(0, 8);
}

function additionalData({ kind, id, field }: SecretPlace): Buffer {
  return Buffer.from(`${kind}/${id}/${field}`, 'utf8');
}

function mapEntries(
  values: Readonly<Record<string, string>>,
  change: (value: string, name: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value, name)]));
}
