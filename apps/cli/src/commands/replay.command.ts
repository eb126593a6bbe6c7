import { setTimeout as sleep } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import { connect, withConnectionFlags, type ConnectionFlags } from '../connection.js';
import { EXIT } from '../failure.js';
import { jsonBody, type GatewayClient } from '../http/gateway-client.js';
import type { Session } from '../program.js';
import { showProgress } from '../progress.js';
import { printJson } from '../terminal.js';
import { jsonObject, wholeNumber } from './arguments.js';

interface StartFlags extends ConnectionFlags {
  readonly destination: string;
  readonly from: string;
  readonly since?: string;
  readonly until?: string;
  readonly where?: object;
  readonly rate?: number;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
}

/** As the admin API shows it. */
interface Replay {
  readonly id: string;
  readonly state: 'counting' | 'running' | 'done' | 'cancelled';
  /** Null while it is being counted. */
  readonly matched: number | null;
  readonly queued: number;
  readonly settled: number;
  readonly deadLettered: number;
}

const POLL_MS = 500;

/** `replay`: sends dead letters or kept history again, and shows how far it has got. */
export function addReplayCommand(program: Command, session: Session): void {
  const replay = program.command('replay').description('send dead letters or kept history to a destination again');
  withConnectionFlags(replay.command('start', { isDefault: true }))
    .description('start a replay and follow it (default)')
    .requiredOption('--destination <id>', 'who gets them')
    .addOption(
      new Option('--from <store>', 'what goes out again').choices(['dead-letters', 'history']).makeOptionMandatory(),
    )
    .option('--since <time>', 'parked or accepted at or after this date or time (ISO 8601; UTC without a zone)')
    .option('--until <time>', 'before this time')
    .option('--where <json>', "a condition as in a destination's match.where", jsonObject)
    .option('--rate <events>', 'events a second', wholeNumber)
    .option('--dry-run', 'only count')
    .option('--detach', 'do not follow it')
    .action((flags: StartFlags) => start(session, flags));
  withConnectionFlags(replay.command('show <id>'))
    .description('how far a replay has got')
    .action(async (id: string, flags: ConnectionFlags) => {
      show(session, await read(await connect(flags, session.environment), id), flags);
    });
  withConnectionFlags(replay.command('cancel <id>'))
    .description('put nothing more back; what was put back is still delivered')
    .action(async (id: string, flags: ConnectionFlags) => {
      show(session, await cancel(await connect(flags, session.environment), id), flags);
    });
}

async function start(session: Session, flags: StartFlags): Promise<void> {
  const { destination: destinationId, from, since, until, where, rate, dryRun, detach } = flags;
  const client = await connect(flags, session.environment);
  const order = { destinationId, from, since, until, where, rate, dryRun };
  const created = (await client.json({ method: 'POST', path: '/replays', body: jsonBody(order) })) as Replay;
  const replay = detach ? created : await follow(session, client, created, dryRun === true);
  show(session, replay, flags);
  if (session.interrupted.aborted) session.endWith(EXIT.interrupted);
}

/** Until everything that was put back is settled, or somebody has had enough. */
async function follow(session: Session, client: GatewayClient, created: Replay, countOnly: boolean): Promise<Replay> {
  const { terminal, interrupted } = session;
  let replay = created;
  if (isOver(replay, countOnly)) return replay;
  terminal.remark(`Replay ${replay.id}`);
  let progress = showProgress(terminal, 'Replaying', replay.matched);
  try {
    while (!isOver(replay, countOnly) && !interrupted.aborted) {
      await sleep(POLL_MS, undefined, { signal: interrupted }).catch(() => undefined);
      const wasCounted = replay.matched !== null;
      replay = await read(client, replay.id);
      if (!wasCounted && replay.matched !== null) {
        progress.stop();
        progress = showProgress(terminal, 'Replaying', replay.matched);
      }
      progress.update(replay.settled, noteOf(replay));
    }
  } finally {
    progress.stop();
  }
  return interrupted.aborted ? leave(session, client, replay) : replay;
}

async function leave(session: Session, client: GatewayClient, replay: Replay): Promise<Replay> {
  if (await session.confirm('Cancel the replay? Without it, it goes on by itself.')) return cancel(client, replay.id);
  session.terminal.remark(`It goes on. To end it: event-gateway replay cancel ${replay.id}`);
  return replay;
}

function isOver({ state, settled, queued }: Replay, countOnly: boolean): boolean {
  switch (state) {
    case 'counting':
    case 'running':
      return false;
    case 'done':
      return countOnly || settled >= queued;
    case 'cancelled':
      return true;
  }
}

async function read(client: GatewayClient, id: string): Promise<Replay> {
  return (await client.json({ path: `/replays/${encodeURIComponent(id)}` })) as Replay;
}

async function cancel(client: GatewayClient, id: string): Promise<Replay> {
  return (await client.json({ method: 'POST', path: `/replays/${encodeURIComponent(id)}/cancel` })) as Replay;
}

function show({ terminal }: Session, replay: Replay, { json }: ConnectionFlags): void {
  if (json) return printJson(terminal, replay);
  terminal.print(`${replay.id}  ${replay.state}  ${noteOf(replay)}`);
}

function noteOf({ matched, queued, settled, deadLettered }: Replay): string {
  if (matched === null) return 'counting';
  const refused = deadLettered > 0 ? `, ${deadLettered} of them refused again` : '';
  return `${matched} matched, ${queued} put back, ${settled} settled${refused}`;
}
