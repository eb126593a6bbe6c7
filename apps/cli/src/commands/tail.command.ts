import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { connect, withConnectionFlags, type ConnectionFlags } from '../connection.js';
import { CliFailure, EXIT } from '../failure.js';
import type { GatewayClient } from '../http/gateway-client.js';
import { serverSentEvents, type ServerSentEvent } from '../http/server-sent-events.js';
import type { Session } from '../program.js';
import { wholeNumber } from './arguments.js';
import { eventLine, type ShownEvent } from './event-lines.js';

interface TailFlags extends ConnectionFlags {
  readonly source?: string;
  readonly event?: string;
  readonly dialect?: string;
  readonly limit?: number;
}

const RECONNECT_MS = 1_000;

/** `tail`: accepted events as they come, until Ctrl-C. */
export function addTailCommand(program: Command, session: Session): void {
  withConnectionFlags(program.command('tail'))
    .description('show events as they are accepted')
    .option('--source <id>', 'only of this source')
    .option('--event <name>', 'only of exactly this name')
    .option('--dialect <name>', 'only of this dialect')
    .option('-n, --limit <count>', 'end after so many', wholeNumber)
    .action((flags: TailFlags) => tail(session, flags));
}

async function tail(session: Session, flags: TailFlags): Promise<void> {
  const { environment, terminal, interrupted } = session;
  const client = await connect(flags, environment);
  let left = flags.limit ?? Infinity;
  let wasConnected = false;
  const show = ({ event, data }: ServerSentEvent): boolean => {
    if (event === 'dropped') terminal.remark(`Not shown: ${data}`);
    if (event !== 'event') return true;
    terminal.print(flags.json ? data : eventLine(JSON.parse(data) as ShownEvent));
    left -= 1;
    return left > 0;
  };
  while (!interrupted.aborted && left > 0) {
    try {
      await follow(
        client,
        pathOf(flags),
        interrupted,
        () => {
          if (!flags.json) terminal.remark(wasConnected ? 'Connected again.' : 'Waiting for events; Ctrl-C ends.');
          wasConnected = true;
        },
        show,
      );
      if (left > 0 && !interrupted.aborted) terminal.remark('The gateway has ended the stream; connecting again.');
    } catch (error) {
      if (interrupted.aborted) return;
      if (!wasConnected || !isPassing(error)) throw error;
    }
    if (left > 0) await sleep(RECONNECT_MS, undefined, { signal: interrupted }).catch(() => undefined);
  }
}

function isPassing(error: unknown): boolean {
  return !(error instanceof CliFailure) || error.exitCode === EXIT.unreachable || (error.problem?.status ?? 0) >= 500;
}

/** Until the stream ends, or `show` has seen enough. */
async function follow(
  client: GatewayClient,
  path: string,
  signal: AbortSignal,
  opened: () => void,
  show: (message: ServerSentEvent) => boolean,
): Promise<void> {
  const response = await client.open({ path, accept: 'text/event-stream', signal });
  opened();
  if (!response.body) return;
  for await (const message of serverSentEvents(response.body)) {
    if (!show(message)) return;
  }
}

function pathOf({ source, event, dialect }: TailFlags): string {
  const query = new URLSearchParams();
  if (source !== undefined) query.set('sourceId', source);
  if (event !== undefined) query.set('event', event);
  if (dialect !== undefined) query.set('dialect', dialect);
  return `/events/stream?${query.toString()}`;
}
