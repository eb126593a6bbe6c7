import { randomUUID } from 'node:crypto';
import type { JsonObject } from '#canonical';
import { DialectRegistry } from '#dialects';
import { baseUrlOf } from '../connection.js';
import { CliFailure, EXIT } from '../failure.js';
import type { SendFlags } from '../commands/send.command.js';
import type { Session } from '../program.js';
import { showProgress } from '../progress.js';
import { plain } from '../commands/event-lines.js';
import { printJson, type Terminal } from '../terminal.js';
import { openItems } from './item-reader.js';
import { shapeOf, type RequestShape } from './request-shape.js';
import { packRequests, type OutgoingRequest, type RefusedItem } from './requests.js';
import { sendAll, type SentTotals } from './sending.js';
import { readSourceCredentials } from './source-credentials.js';

/** More refused items than these are only counted. */
const MAX_REFUSED_SHOWN = 20;

/** Posts a file of events, or only checks it. Rejects with CliFailure. */
export async function send(session: Session, file: string, flags: SendFlags): Promise<void> {
  const { environment, terminal } = session;
  const startedAt = performance.now();
  const shape = await requestShape(session, flags);
  const refused = new RefusedItems(terminal);
  const source = await openItems(file, shape);
  const requests = packRequests(source.items(), {
    shape,
    members: membersOf(flags.set ?? []),
    salt: flags.again ? randomUUID() : '',
    onRefused: (item) => refused.add(item),
  });
  const progress = showProgress(terminal, flags.dryRun ? 'Checking' : 'Sending', source.bytes);
  const target = {
    baseUrl: baseUrlOf(flags, environment),
    shape,
    patienceMs: flags.patience * 1_000,
    signal: session.interrupted,
  };
  const { totals, failure } = flags.dryRun
    ? await countAll(requests)
    : await sendAll(requests, target, flags.concurrency, progress);
  progress.stop();
  refused.conclude();
  const tookMs = Math.round(performance.now() - startedAt);
  report(terminal, flags, { ...totals, refused: refused.count, tookMs });
  if (session.interrupted.aborted) session.endWith(EXIT.interrupted);
  else if (failure !== undefined) throw failure;
  else if (refused.count > 0) session.endWith(EXIT.refused);
}

async function requestShape({ environment }: Session, flags: SendFlags): Promise<RequestShape> {
  const dialects = await DialectRegistry.load();
  const dialect = dialects.get(flags.dialect);
  if (!dialect) {
    const names = dialects.all.map(({ name }) => name).join(', ');
    throw new CliFailure(`"${flags.dialect}" is no dialect; there are ${names}.`, EXIT.usage);
  }
  const credentials = await readSourceCredentials(dialect, flags.credentialsFile, environment.sourceCredentials);
  return shapeOf(dialect, credentials, flags.path);
}

/** `name=value` for members of the request around the items. */
function membersOf(pairs: readonly string[]): JsonObject {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new CliFailure(`--set takes name=value, not "${pair}".`, EXIT.usage);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

async function countAll(requests: AsyncIterable<OutgoingRequest>): Promise<{ totals: SentTotals; failure: undefined }> {
  const totals = { events: 0, requests: 0, repeats: 0 };
  for await (const { events } of requests) {
    totals.events += events;
    totals.requests += 1;
  }
  return { totals, failure: undefined };
}

class RefusedItems {
  count = 0;
  private readonly shown: RefusedItem[] = [];

  constructor(private readonly terminal: Terminal) {}

  add(item: RefusedItem): void {
    this.count += 1;
    if (this.shown.length < MAX_REFUSED_SHOWN) this.shown.push(item);
  }

  /** Only now: lines between would break the progress bar. */
  conclude(): void {
    for (const { place, reason } of this.shown) this.terminal.remark(plain(`Not sent, ${place}: ${reason}`));
    const more = this.count - this.shown.length;
    if (more > 0) this.terminal.remark(`… and ${more} more.`);
  }
}

function report(
  terminal: Terminal,
  { json, dryRun }: SendFlags,
  totals: SentTotals & { readonly refused: number; readonly tookMs: number },
): void {
  if (json) return printJson(terminal, { ...totals, dryRun: dryRun === true });
  const { events, requests, refused, repeats, tookMs } = totals;
  const rate = Math.round((events * 1_000) / Math.max(1, tookMs));
  const facts = [
    `${counted(events, 'event')} in ${counted(requests, 'request')} ${dryRun ? 'could be sent' : `accepted in ${(tookMs / 1_000).toFixed(1)} s (${rate} a second)`}`,
    ...(refused > 0 ? [`${refused} refused beforehand`] : []),
    ...(repeats > 0 ? [counted(repeats, 'repeat')] : []),
  ];
  terminal.print(facts.join(', '));
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
