import type { Rehearsal } from '../../api/types';
import { inWords } from '../../parts/format';
import { JsonView } from '../../parts/json-view';
import { Pill } from '../../parts/pill';

interface RehearsalViewProps {
  readonly rehearsal: Rehearsal;
  /** Absent: it is known to want the event. */
  readonly matched?: boolean;
  readonly rule?: string | undefined;
  readonly dense?: boolean;
}

/** What one destination would be sent, and what its protocol cannot carry. */
export function RehearsalView({ rehearsal, matched, rule, dense = false }: RehearsalViewProps) {
  const { requests, lost, unsendable } = rehearsal;
  return (
    <div className="stack">
      {matched !== undefined && (
        <div className="row">
          {matched ? (
            <Pill tone="ok">Wanted</Pill>
          ) : (
            <>
              <Pill>Not wanted</Pill>
              <span className="dim">
                by <code className="mono">match.{rule}</code>; this would be sent:
              </span>
            </>
          )}
        </div>
      )}
      {unsendable.map(({ index, code, detail }) => (
        <p key={index} className="bad">
          Event {index + 1} cannot be sent: {inWords(code).toLowerCase()}, {detail}
        </p>
      ))}
      {lost.length > 0 && (
        <div>
          <p className="lost-title">Lost on the way</p>
          <ul className="lost">
            {lost.map(({ field, reason }) => (
              <li key={field + reason}>
                <code className="mono">{field}</code> <span className="dim">{reason}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {requests.map(({ method, url, headers, body }, index) => (
        <div key={index} className="request">
          <p className="request-line">
            <strong>{method === 'LOG' ? 'Log line' : method}</strong> <span className="mono">{url}</span>
          </p>
          {Object.keys(headers).length > 0 && <HeaderList headers={headers} />}
          <JsonView value={body} label={`body ${index + 1} for ${rehearsal.id}`} dense={dense} />
        </div>
      ))}
      {requests.length === 0 && <p className="dim">No request.</p>}
    </div>
  );
}

function HeaderList({ headers }: { readonly headers: Readonly<Record<string, string>> }) {
  return (
    <details>
      <summary>{Object.keys(headers).length} headers</summary>
      <ul className="lost mono">
        {Object.entries(headers).map(([name, value]) => (
          <li key={name}>
            {name}: {value}
          </li>
        ))}
      </ul>
    </details>
  );
}
