import { Get, Query } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { AuditLog, type AuditEntry, type AuditQuery } from '#control-plane';
import { AdminController } from '../http/admin-controller.js';
import { Paged } from '../http/paged.js';
import { readLimit, type ListAnswer, type PageQuery } from '../http/paging.js';
import { readTime } from '../http/times.js';
import { AuditEntryDto } from './audit-entry.dto.js';

interface AuditListQuery extends PageQuery {
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly since?: string;
  readonly until?: string;
}

@AdminController('audit', 'Audit log')
export class AuditController {
  constructor(private readonly audit: AuditLog) {}

  @Get()
  @Paged('Who changed what, newest first', AuditEntryDto)
  @ApiQuery({ name: 'actor', required: false, type: String, description: 'Id or name.' })
  @ApiQuery({ name: 'action', required: false, type: String, description: 'E.g. `update`.' })
  @ApiQuery({ name: 'target', required: false, type: String, description: '`destination` or `destination/{id}`.' })
  @ApiQuery({ name: 'since', required: false, schema: { type: 'string', format: 'date-time' } })
  @ApiQuery({ name: 'until', required: false, schema: { type: 'string', format: 'date-time' } })
  async list(@Query() query: AuditListQuery): Promise<ListAnswer<AuditEntry>> {
    const { items, next } = await this.audit.list(readQuery(query));
    return { data: items, nextCursor: next };
  }
}

function readQuery(query: AuditListQuery): AuditQuery {
  const { actor, action, target, cursor } = query;
  const [since, until] = [readTime(query.since, '/since'), readTime(query.until, '/until')];
  const [, kind = '', id] = /^([^/]*)(?:\/(.*))?$/s.exec(target ?? '') ?? [];
  return {
    limit: readLimit(query),
    ...(actor === undefined ? {} : { actor }),
    ...(action === undefined ? {} : { action }),
    ...(target === undefined ? {} : { target: id === undefined ? { kind } : { kind, id } }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(cursor === undefined ? {} : { after: cursor }),
  };
}
