import type { CSSProperties, ReactNode } from 'react';
import { Link } from 'react-router';
import type { OverviewWithRates } from '../../api/queries';
import type { DestinationOverview, SourceOverview } from '../../api/types';
import { assess, DestinationState } from '../../parts/destination-state';
import { formatAge, formatCount, formatRate } from '../../parts/format';
import { Pill } from '../../parts/pill';

/** More would be a list, not a picture; those left out are summed up. */
const MAX_SHOWN = 8;
const ROW_PX = 52;

/** `held`: on purpose, by an admin. */
type ArrowKind = 'running' | 'held' | 'stuck';

interface Row {
  readonly id: string;
  readonly to: string;
  readonly name: string;
  readonly detail: ReactNode;
  /** Events a second; undefined: not known yet. */
  readonly rate: number | undefined;
  readonly kind: ArrowKind;
}

/** Sources → gateway → destinations, with what flows between them now. */
export function DataPath({ overview }: { readonly overview: OverviewWithRates }) {
  const now = Date.parse(overview.at);
  const sources = sourceRows(overview);
  const destinations = destinationRows(overview, now);
  const height = Math.max(sources.length, destinations.length, 3) * ROW_PX;
  const style = { '--path-height': `${height}px` } as CSSProperties;
  return (
    <div className="data-path" style={style}>
      <Side title="Sources" rows={sources} empty={<Link to="/sources/new">Create a source</Link>} />
      <Arrows rows={sources} height={height} towards="middle" />
      <Middle overview={overview} />
      <Arrows rows={destinations} height={height} towards="right" />
      <Side title="Destinations" rows={destinations} empty={<Link to="/destinations/new">Create a destination</Link>} />
    </div>
  );
}

function sourceRows({ sources, rates }: OverviewWithRates): readonly Row[] {
  const rateOf = ({ id }: SourceOverview): number | undefined => rates.bySource.get(id);
  const sorted = [...sources].sort((a, b) => (rateOf(b) ?? 0) - (rateOf(a) ?? 0) || b.accepted - a.accepted);
  const rows = sorted.slice(0, MAX_SHOWN).map((source): Row => ({
    id: source.id,
    to: `/sources/${source.id}`,
    name: source.name,
    detail: source.enabled ? `${source.dialect} · ${formatCount(source.accepted)} events` : <Pill>Disabled</Pill>,
    rate: rateOf(source),
    kind: 'running',
  }));
  return withRest(rows, sorted.slice(MAX_SHOWN).map(rateOf), '/sources');
}

function destinationRows({ destinations, rates }: OverviewWithRates, now: number): readonly Row[] {
  const rateOf = ({ id }: DestinationOverview): number | undefined => rates.byDestination.get(id);
  const sorted = [...destinations].sort(
    (a, b) => assess(a, now).rank - assess(b, now).rank || (rateOf(b) ?? 0) - (rateOf(a) ?? 0),
  );
  const rows = sorted.slice(0, MAX_SHOWN).map((destination): Row => ({
    id: destination.id,
    to: `/destinations/${destination.id}`,
    name: destination.name,
    detail: (
      <>
        <DestinationState of={destination} now={now} /> {waitingText(destination, now)}
      </>
    ),
    rate: rateOf(destination),
    kind: assess(destination, now).tone === 'bad' ? 'stuck' : destination.paused === null ? 'running' : 'held',
  }));
  return withRest(rows, sorted.slice(MAX_SHOWN).map(rateOf), '/destinations');
}

function waitingText({ waiting, waitingSince }: DestinationOverview, now: number): string {
  if (waiting === 0) return '';
  const age = waitingSince === null ? '' : ` for ${formatAge(now - Date.parse(waitingSince))}`;
  return `${formatCount(waiting)} waiting${age}`;
}

function withRest(rows: readonly Row[], rest: readonly (number | undefined)[], to: string): readonly Row[] {
  if (rest.length === 0) return rows;
  const rate = rest.reduce((sum, one) => (sum === undefined || one === undefined ? undefined : sum + one), 0);
  return [...rows, { id: '', to, name: `${formatCount(rest.length)} more`, detail: 'see all', rate, kind: 'running' }];
}

function Side({
  title,
  rows,
  empty,
}: {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly empty: ReactNode;
}) {
  return (
    <div className="path-side">
      <h3>{title}</h3>
      {rows.length === 0 && <p className="dim">{empty}</p>}
      <ul>
        {rows.map(({ id, to, name, detail, rate }) => (
          <li key={id} className="path-row">
            <Link to={to} title={name}>
              {name}
            </Link>
            <span className="path-detail">{detail}</span>
            <span className="path-rate-small">{formatRate(rate)}/s</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Middle({ overview }: { readonly overview: OverviewWithRates }) {
  const { rates, unroutedSegments, queuedBytes, maxQueuedBytes } = overview;
  const share = maxQueuedBytes === 0 ? 0 : queuedBytes / maxQueuedBytes;
  return (
    <div className="path-middle">
      <strong>Gateway</strong>
      <span>
        {formatRate(rates.accepted)}/s in · {formatRate(rates.delivered)}/s out
      </span>
      <span className="dim">{unroutedSegments === 0 ? 'all routed' : `${formatCount(unroutedSegments)} to route`}</span>
      {share > 0.5 && <Pill tone={share > 0.9 ? 'bad' : 'warn'}>Queue {Math.round(share * 100)} % full</Pill>}
    </div>
  );
}

interface ArrowsProps {
  readonly rows: readonly Row[];
  readonly height: number;
  readonly towards: 'middle' | 'right';
}

/** One arrow a row, as wide as its rate is large. The rates are in the rows too, for those who do not see the picture. */
function Arrows({ rows, height, towards }: ArrowsProps) {
  const top = (height - rows.length * ROW_PX) / 2;
  return (
    <div className="path-arrows" aria-hidden="true" style={{ height }}>
      <svg viewBox={`0 0 100 ${height}`} preserveAspectRatio="none">
        {rows.map(({ id, rate, kind }, index) => {
          const y = top + (index + 0.5) * ROW_PX;
          const [from, to] = towards === 'middle' ? [y, height / 2] : [height / 2, y];
          // Straight where the rate stands on it.
          const d =
            towards === 'middle'
              ? `M0 ${from}H45C75 ${from} 75 ${to} 100 ${to}`
              : `M0 ${from}C25 ${from} 25 ${to} 55 ${to}H100`;
          const strokeWidth = 1.5 + Math.log10(1 + (rate ?? 0)) * 2;
          const look = kind !== 'running' ? kind : (rate ?? 0) > 0 ? 'flowing' : 'idle';
          return <path key={id} d={d} strokeWidth={strokeWidth} className={`arrow arrow-${look}`} />;
        })}
      </svg>
      {rows.map(({ id, rate }, index) => (
        <span
          key={id}
          className={`arrow-rate ${towards === 'middle' ? 'at-start' : 'at-end'}`}
          style={{ top: top + (index + 0.5) * ROW_PX }}
        >
          {formatRate(rate)}/s
        </span>
      ))}
    </div>
  );
}
