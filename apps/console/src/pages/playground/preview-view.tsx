import { Alert } from '@mantine/core';
import { useOverview } from '../../api/queries';
import type { Preview } from '../../api/types';
import { formatCount } from '../../parts/format';
import { asJson, JsonView } from '../../parts/json-view';
import { Panel } from '../../parts/page';
import { Pill } from '../../parts/pill';
import { RehearsalView } from './rehearsal-view';

/** More would be a wall of JSON. */
const MAX_OPEN = 3;
const MAX_SHOWN = 50;

export function PreviewView({ preview }: { readonly preview: Preview }) {
  const { events, rejected, refusal } = preview;
  const names = new Map(useOverview().data?.destinations.map(({ id, name }) => [id, name]));
  // What would be lost is what one wants to know first.
  const destinations = [...preview.destinations].sort(
    (a, b) => Number(b.matched) - Number(a.matched) || b.lost.length - a.lost.length,
  );
  return (
    <>
      {refusal && (
        <Alert color="red" title={`The request would be refused with ${refusal.status}`}>
          <JsonView value={asJson(refusal.body)} label="answer" />
        </Alert>
      )}
      {rejected.length > 0 && (
        <Panel title={`Refused (${formatCount(rejected.length)})`}>
          <ul className="lost">
            {rejected.map(({ index, code, detail, pointer }) => (
              <li key={`${index}${code}${pointer ?? ''}`}>
                Item {index + 1}: <code className="mono bad">{code}</code> {detail}
              </li>
            ))}
          </ul>
        </Panel>
      )}
      <Panel title={`Canonical events (${formatCount(events.length)})`}>
        <JsonView value={events} label="canonical events" />
      </Panel>
      {destinations.slice(0, MAX_SHOWN).map((rehearsal, index) => (
        <details key={rehearsal.id} className="panel destination-preview" open={index < MAX_OPEN}>
          <summary>
            <strong>{names.get(rehearsal.id) ?? rehearsal.id}</strong>
            <span className="mono dim">{rehearsal.id}</span>
            {rehearsal.matched ? <Pill tone="ok">Wanted</Pill> : <Pill>Not wanted</Pill>}
            {rehearsal.unsendable.length > 0 && <Pill tone="bad">Cannot be sent</Pill>}
            {rehearsal.lost.length > 0 && <Pill tone="warn">{formatCount(rehearsal.lost.length)} lost</Pill>}
          </summary>
          {rehearsal.matched ? (
            <RehearsalView rehearsal={rehearsal} />
          ) : (
            <RehearsalView rehearsal={rehearsal} matched={false} rule={rehearsal.rule} />
          )}
        </details>
      ))}
      {destinations.length > MAX_SHOWN && (
        <p className="dim">{formatCount(destinations.length - MAX_SHOWN)} more destinations.</p>
      )}
    </>
  );
}
