import type { CanonicalEvent } from '#canonical';
import { ConnectorRegistry, type HttpConnector } from '#destinations';
import { AddressPolicy, createLog, NO_TRACING, OutgoingHttp } from '#platform';
import { startSink } from '../../../../test/support/index.js';
import { webhook } from '../../../../test/support/pipeline.js';
import { RequestSender } from './request-sender.js';

describe('a connector that fails', () => {
  const registry = ConnectorRegistry.load();
  const fail = (): never => {
    throw new Error('not thought of');
  };

  it.each<[string, Partial<HttpConnector>, number]>([
    ['to encode', { encode: fail }, 0],
    ['to read the answer', { interpret: fail }, 1],
  ])('%s is a try like another: with backoff, and seen', async (_, fault, requests) => {
    const sink = await startSink();
    const http = new OutgoingHttp(new AddressPolicy(['127.0.0.0/8']));
    const sender = new RequestSender(http, NO_TRACING, createLog({ level: 'silent', pretty: false }));
    const whole = (await registry).get('webhook');
    if (whole?.transport !== 'http') throw new Error('no webhook');
    const connector = { ...whole, ...fault };
    const events = [{ id: 'evt_1' } as CanonicalEvent];
    const destination = webhook('crm', sink);
    const sent = await sender.send({ destination, connector, events, lane: 'events', key: 'k', now: 1, traces: [] });
    expect(sent).toMatchObject({ kind: 'answered', interpretation: { kind: 'retry', code: 'connector_fault' } });
    expect(sink.requests).toHaveLength(requests);
    http.onApplicationShutdown();
  });
});
