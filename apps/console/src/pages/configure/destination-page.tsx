import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { OVERVIEW_MS, useOverview } from '../../api/queries';
import { useClient } from '../../api/session';
import type { Destination, DestinationOverview } from '../../api/types';
import { DestinationState, restUntil } from '../../parts/destination-state';
import { formatBytes, formatCount, formatDuration, formatMoment, formatRate, inWords } from '../../parts/format';
import { JsonView } from '../../parts/json-view';
import { useNow } from '../../parts/now';
import { PageHead, Panel } from '../../parts/page';
import { Loaded } from '../../parts/states';
import { DestinationActions } from './destination-actions';
import { NewCredentials } from './new-credentials';
import './configure.css';

export default function DestinationPage() {
  const { id = '' } = useParams();
  const client = useClient();
  const destination = useQuery({
    queryKey: ['destinations', id],
    queryFn: ({ signal }) => client.get<Destination>(`/destinations/${id}`, signal),
  });
  return <Loaded query={destination}>{(data) => <Shown destination={data} />}</Loaded>;
}

function Shown({ destination }: { readonly destination: Destination }) {
  const { id, name, type } = destination;
  const now = useNow();
  const overview = useOverview(OVERVIEW_MS).data;
  const counts = overview?.destinations.find((known) => known.id === id);
  return (
    <>
      <PageHead
        title={name}
        back={{ to: '/destinations', label: 'Destinations' }}
        beside={counts && <DestinationState of={counts} now={now} />}
        note={
          <>
            {type} · <span className="mono">{id}</span>
          </>
        }
      >
        <DestinationActions destination={destination} />
      </PageHead>
      <div className="stack">
        <NewCredentials of={`destination ${id}`} />
        {counts && <Counts counts={counts} rate={overview?.rates.byDestination.get(id)} now={now} />}
        {counts && <Health counts={counts} now={now} />}
        <div className="columns">
          <Settings destination={destination} />
          <Rules destination={destination} />
        </div>
      </div>
    </>
  );
}

function Counts({
  counts,
  rate,
  now,
}: {
  readonly counts: DestinationOverview;
  readonly rate: number | undefined;
  readonly now: number;
}) {
  const { id, delivered, waiting, retrying, waitingSince, deadLettered } = counts;
  const age = waitingSince === null ? 'events' : `oldest ${formatDuration(now - Date.parse(waitingSince))}`;
  return (
    <dl className="figures">
      <div className="figure">
        <dt>Delivered</dt>
        <dd>
          {formatCount(delivered)} <small>{rate === undefined ? 'events' : `${formatRate(rate)}/s now`}</small>
        </dd>
      </div>
      <div className="figure">
        <dt>Waiting</dt>
        <dd>
          {formatCount(waiting)} <small>{age}</small>
        </dd>
      </div>
      <div className="figure">
        <dt>Of these in retry</dt>
        <dd>{formatCount(retrying)}</dd>
      </div>
      <div className="figure">
        <dt>Dead letters</dt>
        <dd>
          {formatCount(deadLettered)}{' '}
          {deadLettered > 0 && (
            <small>
              <Link to={`/dead-letters?destinationId=${id}`}>look at them</Link>
            </small>
          )}
        </dd>
      </div>
    </dl>
  );
}

/** Why it does not deliver, if it does not. */
function Health({ counts, now }: { readonly counts: DestinationOverview; readonly now: number }) {
  const { breaker, lastError, paused, heldBy } = counts;
  if (breaker.state === 'closed' && lastError === null && heldBy === null) return null;
  const rest = restUntil(counts);
  return (
    <Panel title="Health">
      <dl className="facts">
        {paused !== null && (
          <>
            <dt>Paused</dt>
            <dd>{paused === 'admin' ? 'by an admin; its events are held' : 'until its credentials are given'}</dd>
          </>
        )}
        {heldBy === 'dead_letters_full' && (
          <>
            <dt>Held</dt>
            <dd>its share of dead letters is full: it goes on when some are replayed or discarded</dd>
          </>
        )}
        {rest !== null && (
          <>
            <dt>Told to wait</dt>
            <dd>by its own answer, for another {formatDuration(Date.parse(rest) - now)}</dd>
          </>
        )}
        {breaker.state !== 'closed' && (
          <>
            <dt>Breaker</dt>
            <dd>
              {inWords(breaker.state)} for <code className="mono">{breaker.code}</code>
              {breaker.since !== null && ` since ${formatMoment(breaker.since)}`}
              {breaker.nextProbeAt !== null &&
                `; asked again in ${formatDuration(Date.parse(breaker.nextProbeAt) - now)}`}
            </dd>
          </>
        )}
        {lastError && (
          <>
            <dt>Last error</dt>
            <dd>
              <code className="mono bad">{lastError.code}</code> {lastError.detail}{' '}
              <span className="dim">{formatDuration(now - Date.parse(lastError.at))} ago</span>
            </dd>
          </>
        )}
      </dl>
    </Panel>
  );
}

function Settings({ destination }: { readonly destination: Destination }) {
  const { config, credentials, batch, timeoutMs, concurrency, rateLimit, retry, maxQueuedBytes } = destination;
  const windows = rateLimit === null ? [] : 'requests' in rateLimit ? [rateLimit] : rateLimit;
  return (
    <Panel title="Settings">
      <dl className="facts">
        {Object.entries(config).map(([name, value]) => (
          <Fact key={name} name={inWords(name)} value={typeof value === 'string' ? value : JSON.stringify(value)} />
        ))}
        {Object.entries(credentials).map(([name, shown]) => (
          <Fact key={name} name={inWords(name)} value={typeof shown === 'string' ? 'set' : (shown.hint ?? 'set')} />
        ))}
        {destination.retiringUntil !== null && (
          <Fact name="Old secret signs until" value={formatMoment(destination.retiringUntil)} />
        )}
        <Fact
          name="Batch"
          value={`up to ${formatCount(batch.maxEvents)} events or ${formatBytes(batch.maxBytes)}, after ${formatCount(batch.maxWaitMs)} ms at the latest`}
        />
        <Fact name="Requests at once" value={`${concurrency}, each for ${formatDuration(timeoutMs)} at most`} />
        <Fact
          name="Rate limit"
          value={
            windows.length === 0
              ? 'none'
              : windows.map(({ requests, perSeconds }) => `${formatCount(requests)} per ${perSeconds} s`).join(', ')
          }
        />
        <Fact
          name="Retry"
          value={`${formatCount(Number(retry.maxAttempts))} attempts within ${formatDuration(Number(retry.maxAgeSeconds) * 1_000)}`}
        />
        {maxQueuedBytes !== null && <Fact name="May wait" value={formatBytes(maxQueuedBytes)} />}
      </dl>
    </Panel>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Rules({ destination: { match, transform } }: { readonly destination: Destination }) {
  const isEmpty = (part: object): boolean => Object.keys(part).length === 0;
  return (
    <Panel title="Rules">
      <div className="stack">
        <div>
          <p className="dim">Which events</p>
          {isEmpty(match) ? 'All of them.' : <JsonView value={match} label="match" />}
        </div>
        <div>
          <p className="dim">Changed on the way</p>
          {isEmpty(transform) ? 'Nothing.' : <JsonView value={transform} label="transform" />}
        </div>
      </div>
    </Panel>
  );
}
