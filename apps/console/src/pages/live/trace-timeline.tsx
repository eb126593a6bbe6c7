import { Link } from 'react-router';
import type { Attempt, DestinationTrace, EventTrace } from '../../api/types';
import { formatDuration, formatElapsed, formatMoment, formatTime, inWords } from '../../parts/format';
import { useNow } from '../../parts/now';
import { Pill, type Tone } from '../../parts/pill';

/** Everything that happened to one event, in order of time, destination by destination. */
export function TraceTimeline({ trace: { received, destinations } }: { readonly trace: EventTrace }) {
  const wanted = destinations.filter(({ matched }) => matched);
  const others = destinations.filter(({ matched }) => !matched);
  return (
    <>
      <ol className="timeline">
        <li className="step step-ok">
          <strong>Accepted</strong> <time className="mono">{formatMoment(received.at)}</time>
          <div className="dim">
            on {received.route}, request <span className="mono">{received.requestId}</span>
          </div>
        </li>
        <li className={`step ${wanted.length > 0 ? 'step-ok' : 'step-neutral'}`}>
          <strong>Routed</strong>{' '}
          {wanted.length === 0
            ? 'no destination wants it'
            : `to ${wanted.length === 1 ? 'one destination' : `${wanted.length} destinations`}`}
          {others.length > 0 && <NotWanted traces={others} />}
        </li>
        {wanted.map((one) => (
          <Delivery key={one.destinationId} trace={one} acceptedAt={Date.parse(received.at)} />
        ))}
      </ol>
    </>
  );
}

const TONES: Readonly<Record<string, Tone>> = {
  delivered: 'ok',
  duplicate: 'ok',
  settled: 'ok',
  not_wanted: 'neutral',
  routing: 'info',
  waiting: 'info',
  retrying: 'warn',
  dead_lettered: 'bad',
};

function Delivery({ trace, acceptedAt }: { readonly trace: DestinationTrace; readonly acceptedAt: number }) {
  const { destinationId, state = 'waiting', attempts, reason, heldBy, nextAttemptAt } = trace;
  const tone = heldBy !== undefined && state !== 'delivered' ? 'warn' : (TONES[state] ?? 'neutral');
  return (
    <li className={`step step-${tone}`}>
      <span className="row">
        <Link to={`/destinations/${destinationId}`}>{destinationId}</Link>
        <Pill tone={tone}>{inWords(state)}</Pill>
        {heldBy !== undefined && <span className="dim">held ({heldBy.replaceAll('_', ' ')})</span>}
        {nextAttemptAt !== undefined && <NextAttempt at={nextAttemptAt} />}
      </span>
      {reason && (
        <div>
          <code className="mono bad">{reason.code}</code> {reason.detail}
        </div>
      )}
      {attempts.length > 0 && (
        <ol className="attempts">
          {attempts.map((attempt) => (
            <AttemptLine key={attempt.at + attempt.key} attempt={attempt} acceptedAt={acceptedAt} />
          ))}
        </ol>
      )}
    </li>
  );
}

function NextAttempt({ at }: { readonly at: string }) {
  const now = useNow();
  return <span className="dim">next try in {formatDuration(Date.parse(at) - now)}</span>;
}

function AttemptLine({ attempt, acceptedAt }: { readonly attempt: Attempt; readonly acceptedAt: number }) {
  const { at, status, code, outcome, tookMs, note, shortfall } = attempt;
  const isGood = outcome === 'delivered';
  return (
    <li>
      <span>
        <time className="mono">{formatTime(at)}</time>{' '}
        <span className="dim" title="After it was accepted">
          +{formatElapsed(Date.parse(at) - acceptedAt)}
        </span>
      </span>
      <Pill tone={isGood ? 'ok' : 'bad'}>{inWords(outcome)}</Pill>
      <span>{status === undefined || code !== `http_${status}` ? code : `HTTP ${status}`}</span>
      <span className="dim">took {formatElapsed(tookMs)}</span>
      {note !== undefined && <span className="dim">{note}</span>}
      {shortfall !== undefined && <span className="bad">{shortfall} not taken by its own count</span>}
    </li>
  );
}

const MAX_LISTED = 200;

function NotWanted({ traces }: { readonly traces: readonly DestinationTrace[] }) {
  return (
    <details>
      <summary className="dim">
        {traces.length === 1 ? 'one destination does not want it' : `${traces.length} destinations do not want it`}
      </summary>
      <ul className="lost">
        {traces.slice(0, MAX_LISTED).map(({ destinationId, rule }) => (
          <li key={destinationId}>
            <Link to={`/destinations/${destinationId}`}>{destinationId}</Link>{' '}
            <span className="dim">{rule === 'configured_later' ? 'configured later' : `by match.${rule ?? ''}`}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
