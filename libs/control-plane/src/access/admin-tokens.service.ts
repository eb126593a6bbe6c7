import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { RESERVED_AUTHORS, type Author } from '../audit/author.js';
import { invalid } from '../configuration.errors.js';
import { ConfigurationService } from '../configuration.service.js';
import { ConfigurationWriter } from '../configuration-writer.js';
import { maskCredential } from '../credentials/credential-inputs.js';
import { assertNew, chooseId, found } from '../entries.js';
import { writeDocument } from '../store/stored-documents.js';
import { isGood, type AdminRole, type AdminToken } from './admin-token.js';

export interface AdminTokenDraft {
  readonly name: string;
  readonly role: AdminRole;
  /** ISO 8601, in the future. */
  readonly expiresAt: string | null;
}

const TOKEN_BYTES = 32;
/** Every process holds all of them. */
const MAX_TOKENS = 1_000;
const RESERVED: ReadonlyMap<string, unknown> = new Map(RESERVED_AUTHORS.map((id) => [id, id]));

/** Who may use the admin API besides the holder of ADMIN_TOKEN. Methods that reach the store throw ConfigurationError. */
@Injectable()
export class AdminTokensService {
  constructor(
    private readonly configuration: ConfigurationService,
    private readonly writer: ConfigurationWriter,
  ) {}

  /**
   * From memory, at most a second behind the store. The time that the lookup takes depends on the digest alone, and
   * nobody can choose or learn digests of tokens that they do not know.
   */
  identify(token: string): AdminToken | undefined {
    const found = this.configuration.snapshot.adminTokensByDigest.get(digestOf(token));
    return found && isGood(found, Date.now()) ? found : undefined;
  }

  /** Whether it has been neither deleted nor replaced, nor has expired. From memory, as `identify`. */
  stillHolds(token: AdminToken): boolean {
    const stored = this.configuration.snapshot.storedAdminTokens.get(token.id)?.token;
    return stored?.createdAt === token.createdAt && isGood(token, Date.now());
  }

  /** Ordered by id. */
  async list(): Promise<readonly AdminToken[]> {
    const { storedAdminTokens } = await this.configuration.refresh();
    return [...storedAdminTokens.values()].map(({ token }) => token).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async get(id: string): Promise<AdminToken> {
    const { storedAdminTokens } = await this.configuration.refresh();
    return found(storedAdminTokens.get(id), 'token', id).token;
  }

  /** `secret` is the token itself: the only time that it can be seen. */
  create(
    author: Author,
    { name, role, expiresAt }: AdminTokenDraft,
    id?: string,
  ): Promise<{ readonly token: AdminToken; readonly secret: string }> {
    if (expiresAt !== null && Date.parse(expiresAt) <= Date.now()) {
      throw invalid([{ pointer: '/expiresAt', message: 'must be in the future' }]);
    }
    const secret = `gw_${role}_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
    return this.writer.change(author, ({ storedAdminTokens }) => {
      const chosen = chooseId(id, name, new Map([...storedAdminTokens, ...RESERVED]));
      if (RESERVED.has(chosen)) throw invalid([{ pointer: '/id', message: 'is the name of a part of the gateway' }]);
      assertNew(storedAdminTokens, 'token', chosen);
      if (storedAdminTokens.size >= MAX_TOKENS) {
        throw invalid([{ pointer: '', message: `is one more than the ${MAX_TOKENS} tokens that there may be` }]);
      }
      const document = writeDocument({
        name,
        role,
        digest: digestOf(secret),
        hint: maskCredential(secret).hint,
        createdBy: author.id,
        createdAt: new Date().toISOString(),
        expiresAt,
      });
      return {
        changes: [{ kind: 'token', id: chosen, document }],
        result: (written) => ({ token: found(written.storedAdminTokens.get(chosen), 'token', chosen).token, secret }),
      };
    });
  }

  /** It stops working in every process within a second. */
  remove(author: Author, id: string): Promise<void> {
    return this.writer.change(author, ({ storedAdminTokens }) => {
      found(storedAdminTokens.get(id), 'token', id);
      return { changes: [{ kind: 'token', id, document: null }], result: () => undefined };
    });
  }
}

/** Of 256 random bits: neither salt nor a slow hash would make them harder to guess. */
function digestOf(token: string): string {
  return createHash('sha256').update(`admin token\0${token}`).digest('base64');
}
