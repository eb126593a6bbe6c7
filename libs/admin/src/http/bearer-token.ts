import { createHash, timingSafeEqual } from 'node:crypto';

/** Tells the admin's bearer token from others in a time that tells nothing about it. */
export class BearerToken {
  private readonly digest: Buffer;

  constructor(token: string) {
    this.digest = digestOf(token);
  }

  isCarriedBy(authorization: string | undefined): boolean {
    const presented = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    return presented !== undefined && timingSafeEqual(digestOf(presented), this.digest);
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
