import { Body, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AdminTokensService, isGood, type AdminToken, type Author } from '#control-plane';
import { AdminController } from '../http/admin-controller.js';
import { CalledBy, CurrentCaller, type Caller } from '../http/caller.js';
import { readDocument } from '../http/document.js';
import { Paged } from '../http/paged.js';
import { pageOf, type ListAnswer, type PageQuery } from '../http/paging.js';
import { timeOf } from '../http/times.js';
import { AdminTokenDto, IssuedTokenDto, MeDto } from './token.dto.js';

const PATH = '/admin/v1/tokens';

type TokenView = AdminToken & { readonly expired: boolean };
type IssuedTokenView = TokenView & { readonly token: string };
type MeView = Pick<Caller, 'id' | 'name' | 'role' | 'expiresAt'>;

@AdminController('tokens', 'Access')
export class TokensController {
  constructor(private readonly tokens: AdminTokensService) {}

  @Get()
  @Paged('Who may use the admin API besides the holder of ADMIN_TOKEN', AdminTokenDto)
  async list(@Query() query: PageQuery): Promise<ListAnswer<TokenView>> {
    const { items, nextCursor } = pageOf(await this.tokens.list(), ({ id }) => id, query);
    return { data: items.map(viewToken), nextCursor };
  }

  @Post()
  @ApiOperation({ summary: 'Issue an admin token', description: 'It is shown this once; only its digest is kept.' })
  @ApiBody({ type: AdminTokenDto })
  @ApiResponse({ status: 201, description: 'Good in every process within a second.', type: IssuedTokenDto })
  async create(
    @CalledBy() author: Author,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IssuedTokenView> {
    const { id, name, role, expiresAt } = readDocument(AdminTokenDto, body);
    const expiry = typeof expiresAt === 'string' ? timeOf(expiresAt) : undefined;
    const draft = { name, role, expiresAt: expiry === undefined ? null : new Date(expiry).toISOString() };
    const { token, secret } = await this.tokens.create(author, draft, id);
    void reply.header('location', `${PATH}/${token.id}`);
    return { ...viewToken(token), token: secret };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read what is known of an admin token' })
  @ApiResponse({ status: 200, description: 'Without the token itself.', type: AdminTokenDto })
  async read(@Param('id') id: string): Promise<TokenView> {
    return viewToken(await this.tokens.get(id));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Revoke an admin token',
    description: 'It stops working everywhere within a second, streams that it opened included.',
  })
  async remove(@CalledBy() author: Author, @Param('id') id: string): Promise<void> {
    await this.tokens.remove(author, id);
  }
}

@AdminController('me', 'Access')
export class MeController {
  @Get()
  @ApiOperation({ summary: 'Whose token this is' })
  @ApiResponse({ status: 200, description: 'Name and role.', type: MeDto })
  read(@CurrentCaller() { id, name, role, expiresAt }: Caller): MeView {
    return { id, name, role, expiresAt };
  }
}

function viewToken(token: AdminToken): TokenView {
  return { ...token, expired: !isGood(token, Date.now()) };
}
