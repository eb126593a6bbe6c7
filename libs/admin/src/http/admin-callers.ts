import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AdminTokensService } from '#control-plane';
import { Secrets } from '#platform';
import type { Caller } from './caller.js';

/** Tells who bears a token, in a time that tells nothing about any token. */
@Injectable()
export class AdminCallers {
  private readonly rootDigest: Buffer;

  constructor(
    secrets: Secrets,
    private readonly tokens: AdminTokensService,
  ) {
    this.rootDigest = digestOf(secrets.adminToken);
  }

  /** Undefined: nobody whom this process knows, or not any more. */
  identify(authorization: string | undefined): Caller | undefined {
    const presented = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (presented === undefined) return undefined;
    if (timingSafeEqual(digestOf(presented), this.rootDigest)) return ROOT;
    const token = this.tokens.identify(presented);
    if (!token) return undefined;
    const { id, name, role, expiresAt } = token;
    return { id, name, role, expiresAt, isStillGood: () => this.tokens.stillHolds(token) };
  }
}

const ROOT: Caller = { id: 'root', name: 'root', role: 'admin', expiresAt: null, isStillGood: () => true };

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
