import { Injectable } from '@nestjs/common';
import type { DocumentChange, StoredDocuments } from '../store/configuration.store.js';
import { readDestinationDocument, readSourceDocument, writeDocument } from '../store/stored-documents.js';
import { CredentialCipher } from './credential-cipher.js';

type Sealed = Readonly<Record<string, string>>;

/** What it takes to have every stored credential sealed with the present key, so that the previous one may go. */
@Injectable()
export class CredentialResealing {
  constructor(private readonly cipher: CredentialCipher) {}

  /** False: there is but one key, and whatever could be read was sealed with it. */
  get isPossible(): boolean {
    return this.cipher.hasRetiredKeys;
  }

  /** Throws UnreadableSecretError where no key fits. */
  changesFor({ sources, destinations }: StoredDocuments): readonly DocumentChange[] {
    return [
      ...[...sources].flatMap(([id, text]) => change('source', id, this.source(id, text))),
      ...[...destinations].flatMap(([id, text]) => change('destination', id, this.destination(id, text))),
    ];
  }

  private source(id: string, text: string): string | undefined {
    const document = readSourceDocument(text);
    const all = [document.credentials, ...document.retiring.map(({ credentials }) => credentials)];
    if (all.every((sealed) => this.isCurrent(sealed))) return undefined;
    const retiring = document.retiring.map(({ credentials, until }) => ({
      credentials: this.reseal(credentials, 'source', id),
      until,
    }));
    return writeDocument({ ...document, credentials: this.reseal(document.credentials, 'source', id), retiring });
  }

  private destination(id: string, text: string): string | undefined {
    const { retiring, ...document } = readDestinationDocument(text);
    if (this.isCurrent(document.credentials) && this.isCurrent(retiring?.credentials ?? {})) return undefined;
    return writeDocument({
      ...document,
      credentials: this.reseal(document.credentials, 'destination', id),
      ...(retiring && {
        retiring: { credentials: this.reseal(retiring.credentials, 'destination', id), until: retiring.until },
      }),
    });
  }

  private isCurrent(credentials: Sealed): boolean {
    return Object.values(credentials).every((sealed) => this.cipher.isCurrent(sealed));
  }

  private reseal(credentials: Sealed, kind: string, id: string): Sealed {
    return this.cipher.sealAll(this.cipher.openAll(credentials, kind, id), kind, id);
  }
}

function change(kind: DocumentChange['kind'], id: string, document: string | undefined): readonly DocumentChange[] {
  return document === undefined ? [] : [{ kind, id, document, act: 're-encrypt' }];
}
