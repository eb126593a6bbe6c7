import { Injectable } from '@nestjs/common';
import { ConfigurationStore } from '../store/configuration.store.js';
import { CredentialCipher, UnreadableSecretError, type SecretPlace } from './credential-cipher.js';

const PLACE: SecretPlace = { kind: 'keycheck', id: '', field: '' };
const TEXT = 'this key fits';

/** The encryption key of this process is not the one that the stored credentials were sealed with. */
export class EncryptionKeyMismatchError extends Error {
  readonly code = 'encryption_key_mismatch';

  constructor(storedKeyId: string, keyId: string) {
    super(
      `ENCRYPTION_KEY does not fit the stored configuration, which was sealed with key ${storedKeyId}; this one is ${keyId}. ` +
        'Start with the key that was used before, give it as ENCRYPTION_KEY_PREVIOUS, or start with an empty Redis.',
    );
  }
}

/** A sealed text of known content beside the configuration tells at the start whether the key fits. */
@Injectable()
export class EncryptionKeyCheck {
  constructor(
    private readonly store: ConfigurationStore,
    private readonly cipher: CredentialCipher,
  ) {}

  async assertKeyFits(): Promise<void> {
    const record = await this.store.keyCheck();
    if (record !== null) this.assertOpens(record);
  }

  /** Only after everything stored was sealed with this key: from now on others than it and those before are refused. */
  async leaveRecord(): Promise<void> {
    const before = await this.store.keyCheck();
    if (before !== null) this.assertOpens(before);
    if (before !== null && this.cipher.isCurrent(before)) return;
    const record = await this.store.leaveKeyCheck(this.cipher.seal(TEXT, PLACE), before);
    if (record !== null) this.assertOpens(record);
  }

  private assertOpens(record: string): void {
    try {
      this.cipher.open(record, PLACE);
    } catch (cause) {
      const storedKeyId = cause instanceof UnreadableSecretError ? cause.keyId : 'unknown';
      throw new EncryptionKeyMismatchError(storedKeyId, this.cipher.keyId);
    }
  }
}
