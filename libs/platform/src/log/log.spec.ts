import { createLog, type Log } from './log.js';
import { NestLog } from './nest-log.js';

function recordingLog(level: 'debug' | 'info' = 'info'): { readonly log: Log; readonly lines: () => unknown[] } {
  const written: string[] = [];
  const log = createLog({ level, pretty: false }, { write: (line: string) => void written.push(line) });
  return { log, lines: () => written.map((line): unknown => JSON.parse(line)) };
}

describe('Log', () => {
  it('writes one JSON line with level, time, fields and message', () => {
    const { log, lines } = recordingLog();
    log.child({ component: 'intake' }).info({ eventId: 'evt_1' }, 'Appended');
    log.debug({}, 'not at this level');
    expect(lines()).toEqual([
      { level: 'info', time: expect.any(String) as string, component: 'intake', eventId: 'evt_1', msg: 'Appended' },
    ]);
  });

  it('never shows a credential, however its name is written and wherever it sits', () => {
    const { log, lines } = recordingLog();
    log.info(
      {
        headers: { Authorization: 'Bearer hunter2', 'x-api-key': 'kept: no known name' },
        batch: [{ api_key: 'hunter2', apiKey: 'hunter2', 'Private-Key': 'hunter2', signing_secret: 'hunter2' }],
        source: { credentials: { apiKey: 'hunter2' } },
      },
      'Request',
    );
    expect(lines()).toMatchObject([
      {
        headers: { Authorization: '[redacted]' },
        batch: [
          { api_key: '[redacted]', apiKey: '[redacted]', 'Private-Key': '[redacted]', signing_secret: '[redacted]' },
        ],
        source: { credentials: '[redacted]' },
      },
    ]);
    expect(JSON.stringify(lines())).not.toContain('hunter2');
  });

  it('shows of an error what happened, not what an HTTP client hangs on it', () => {
    const { log, lines } = recordingLog();
    const error = Object.assign(new Error('refused', { cause: new Error('deeper') }), {
      code: 'ECONNREFUSED',
      config: { headers: { authorization: 'hunter2' } },
    });
    log.error({ error }, 'Failed');
    expect(lines()).toMatchObject([
      { error: { type: 'Error', code: 'ECONNREFUSED', message: 'refused', cause: { message: 'deeper' } } },
    ]);
    expect(JSON.stringify(lines())).not.toContain('hunter2');
  });

  it('survives cycles, depth, big integers and __proto__ members', () => {
    const { log, lines } = recordingLog();
    const cycle: Record<string, unknown> = { big: 12n };
    cycle.self = cycle;
    log.info({ cycle, hostile: JSON.parse('{"__proto__":{"polluted":true}}') as unknown }, 'Odd');
    expect(lines()).toHaveLength(1);
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('NestLog', () => {
  it('names the component and keeps start-up chatter out of the info level', () => {
    const { log, lines } = recordingLog();
    const nest = new NestLog(log);
    nest.log('Mapped {/health/live, GET} route', 'RouterExplorer');
    nest.warn('Odd', 'RouterExplorer');
    expect(lines()).toMatchObject([{ level: 'warn', component: 'nest.RouterExplorer', msg: 'Odd' }]);
  });
});
