import { Link } from 'react-router';
import type { OverviewWithRates } from '../../api/queries';
import { assess, DestinationState } from '../../parts/destination-state';
import { formatCount, formatDuration } from '../../parts/format';
import { Panel } from '../../parts/page';

const MAX_SHOWN = 12;

/** Destinations that need a person, with the last thing that went wrong. */
export function Troubles({ overview }: { readonly overview: OverviewWithRates }) {
  const now = Date.parse(overview.at);
  const troubled = overview.destinations
    .map((destination) => ({ destination, rank: assess(destination, now).rank }))
    .filter(({ destination, rank }) => rank <= 4 || destination.deadLettered > 0)
    .sort((a, b) => a.rank - b.rank || b.destination.deadLettered - a.destination.deadLettered)
    .map(({ destination }) => destination);
  if (troubled.length === 0) return null;
  return (
    <Panel title="Needs attention">
      <ul className="troubles">
        {troubled.slice(0, MAX_SHOWN).map((destination) => (
          <li key={destination.id}>
            <span className="trouble-name">
              <Link to={`/destinations/${destination.id}`}>{destination.name}</Link>
            </span>
            <DestinationState of={destination} now={now} />
            <span className="dim">
              {destination.breaker.nextProbeAt !== null && destination.breaker.state === 'open'
                ? `asked again in ${formatDuration(Date.parse(destination.breaker.nextProbeAt) - now)} · `
                : ''}
              {destination.waiting > 0 ? `${formatCount(destination.waiting)} waiting` : ''}
              {destination.deadLettered > 0 && (
                <>
                  {destination.waiting > 0 ? ' · ' : ''}
                  <Link to={`/dead-letters?destinationId=${destination.id}`}>
                    {formatCount(destination.deadLettered)} dead letters
                  </Link>
                </>
              )}
            </span>
            {destination.lastError && (
              <span className="trouble-error" title={destination.lastError.detail}>
                <code>{destination.lastError.code}</code> {destination.lastError.detail}{' '}
                <span className="dim">{formatDuration(now - Date.parse(destination.lastError.at))} ago</span>
              </span>
            )}
          </li>
        ))}
      </ul>
      {troubled.length > MAX_SHOWN && <Link to="/destinations">{formatCount(troubled.length - MAX_SHOWN)} more</Link>}
    </Panel>
  );
}
