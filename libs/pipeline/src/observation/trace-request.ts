import type { CanonicalEvent } from '#canonical';
import { connectorSettings, type Destination } from '#control-plane';
import type { Connector, HttpConnector, Placement } from '#destinations';
import { redactUrl } from '#platform';
import { requestKey } from '../delivery/request-key.js';
import { shownRequest, type ShownRequest } from '../delivery/rehearsal.js';
import { compileTransform } from '../delivery/transform.js';

/** A larger body is shown as the beginning of its text. */
const SHOWN_BODY_CHARACTERS = 8_000;

/**
 * The request that carries this event alone, by today's settings: what was really sent is not kept. Undefined where the
 * destination has no place for the event or is not reached over HTTP.
 */
export function requestFor(
  destination: Destination,
  connector: Connector,
  event: CanonicalEvent,
): ShownRequest | undefined {
  if (connector.transport !== 'http') return undefined;
  const now = Date.now();
  const settings = connectorSettings(destination, now);
  const { outgoing, placement } = placed(destination, connector, event, now);
  if (placement.kind === 'not_wanted' || placement.kind === 'rejected') return undefined;
  const identity = { key: requestKey('trace', placement.lane, '0'), attemptAt: now };
  const shown = shownRequest(connector.encode([outgoing], placement.lane, settings, identity));
  return { ...shown, url: redactUrl(shown.url), body: capped(shown.body) };
}

/** Why the destination has no place for this event, by today's settings; undefined if it has one. */
export function unwantedCode(
  destination: Destination,
  connector: Connector,
  event: CanonicalEvent,
): string | undefined {
  if (connector.transport !== 'http') return undefined;
  const { placement } = placed(destination, connector, event, Date.now());
  return placement.kind === 'not_wanted' ? placement.code : undefined;
}

function placed(
  destination: Destination,
  connector: HttpConnector,
  event: CanonicalEvent,
  now: number,
): { readonly outgoing: CanonicalEvent; readonly placement: Placement } {
  const outgoing = compileTransform(destination.transform)?.(event) ?? event;
  return { outgoing, placement: connector.place(outgoing, connectorSettings(destination, now)) };
}

function capped(body: unknown): unknown {
  const text = JSON.stringify(body);
  return text.length <= SHOWN_BODY_CHARACTERS ? body : `${text.slice(0, SHOWN_BODY_CHARACTERS)}…`;
}
