import { lazy, Suspense } from 'react';
import { Link } from 'react-router';
import { OVERVIEW_MS, useOverview, type OverviewWithRates } from '../../api/queries';
import { formatAge, formatBytes, formatCount, formatRate } from '../../parts/format';
import { PageHead, Panel } from '../../parts/page';
import { Empty, Loaded, Loading } from '../../parts/states';
import { DataPath } from './data-path';
import { Troubles } from './troubles';
import './overview.css';

const Throughput = lazy(() => import('./throughput'));

export function OverviewPage() {
  const overview = useOverview(OVERVIEW_MS);
  return (
    <>
      <PageHead title="Overview" note="What flows, what is stuck, and why." />
      <Loaded query={overview}>{(data) => <Content overview={data} />}</Loaded>
    </>
  );
}

function Content({ overview }: { readonly overview: OverviewWithRates }) {
  const { sources, destinations } = overview;
  return (
    <div className="stack">
      <Figures overview={overview} />
      <Panel title="Data path">
        {sources.length + destinations.length === 0 ? <NothingYet /> : <DataPath overview={overview} />}
      </Panel>
      <Troubles overview={overview} />
      <Suspense fallback={<Loading rows={3} />}>
        <Throughput />
      </Suspense>
    </div>
  );
}

function Figures({ overview }: { readonly overview: OverviewWithRates }) {
  const { at, rates, destinations, queuedBytes, maxQueuedBytes } = overview;
  const waiting = destinations.reduce((sum, destination) => sum + destination.waiting, 0);
  const dead = destinations.reduce((sum, destination) => sum + destination.deadLettered, 0);
  const oldest = destinations.flatMap(({ waitingSince }) => (waitingSince === null ? [] : [Date.parse(waitingSince)]));
  const ageMs = oldest.length === 0 ? 0 : Date.parse(at) - Math.min(...oldest);
  return (
    <dl className="figures">
      <Figure label="Accepted" value={formatRate(rates.accepted)} unit="events/s" />
      <Figure label="Delivered" value={formatRate(rates.delivered)} unit="events/s" />
      <Figure
        label="Waiting"
        value={formatCount(waiting)}
        unit={waiting > 0 ? `oldest ${formatAge(ageMs)}` : 'events'}
      />
      <Figure label="Dead letters" value={formatCount(dead)} unit="kept" />
      <Figure label="Queued" value={formatBytes(queuedBytes)} unit={`of ${formatBytes(maxQueuedBytes)}`} />
    </dl>
  );
}

function Figure({ label, value, unit }: { readonly label: string; readonly value: string; readonly unit: string }) {
  return (
    <div className="figure">
      <dt>{label}</dt>
      <dd>
        {value} <small>{unit}</small>
      </dd>
    </div>
  );
}

function NothingYet() {
  return (
    <Empty title="Nothing flows yet">
      <p>A source says who may send, a destination who gets what.</p>
      <div className="row">
        <Link to="/sources/new">Create a source</Link>
        <Link to="/destinations/new">Create a destination</Link>
      </div>
    </Empty>
  );
}
