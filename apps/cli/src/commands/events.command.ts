import type { Command } from 'commander';
import { connect, withConnectionFlags, type ConnectionFlags } from '../connection.js';
import type { Session } from '../program.js';
import { printJson } from '../terminal.js';
import { eventLine, plain, type ShownEvent } from './event-lines.js';

interface Attempt {
  readonly at: string;
  readonly status?: number;
  readonly code: string;
  readonly outcome: string;
  readonly tookMs: number;
  readonly note?: string;
}

interface DestinationTrace {
  readonly destinationId: string;
  readonly matched: boolean;
  readonly rule?: string;
  readonly state?: string;
  readonly reason?: { readonly code: string; readonly detail: string };
  readonly attempts: readonly Attempt[];
  readonly nextAttemptAt?: string;
  readonly heldBy?: string;
}

interface Trace {
  readonly event: ShownEvent;
  readonly received: {
    readonly sourceId: string;
    readonly route: string;
    readonly requestId: string;
    readonly at: string;
  };
  readonly destinations: readonly DestinationTrace[];
}

/** `events trace`: what happened to one event. */
export function addEventsCommand(program: Command, session: Session): void {
  const events = program.command('events').description('look into events');
  withConnectionFlags(events.command('trace <id>'))
    .description('everything that happened to one event')
    .action((id: string, flags: ConnectionFlags) => trace(session, id, flags));
}

async function trace({ environment, terminal }: Session, id: string, flags: ConnectionFlags): Promise<void> {
  const client = await connect(flags, environment);
  const answer = await client.json({ path: `/events/${encodeURIComponent(id)}/trace` });
  if (flags.json) return printJson(terminal, answer);
  for (const line of describe(answer as Trace)) terminal.print(plain(line));
}

function describe({ event, received, destinations }: Trace): readonly string[] {
  return [
    eventLine(event),
    `received  ${received.at}  source ${received.sourceId}  ${received.route}  request ${received.requestId}`,
    ...destinations.flatMap(describeDestination),
  ];
}

function describeDestination(destination: DestinationTrace): readonly string[] {
  const { destinationId, matched, rule, state, reason, attempts, nextAttemptAt, heldBy } = destination;
  if (!matched) return [`${destinationId}  not wanted: ${rule ?? 'no rule'}`];
  const facts = [
    reason && `${reason.code}: ${reason.detail}`,
    heldBy && `held by ${heldBy}`,
    nextAttemptAt && `next attempt ${nextAttemptAt}`,
  ].filter((fact) => fact !== undefined && fact !== '');
  return [
    [`${destinationId}  ${state ?? 'unknown'}`, ...facts].join('  '),
    ...attempts.map(
      ({ at, status, code, outcome, tookMs, note }) =>
        `  ${at}  ${status ?? '-'}  ${code}  ${outcome}  ${tookMs} ms${note === undefined ? '' : `  ${note}`}`,
    ),
  ];
}
