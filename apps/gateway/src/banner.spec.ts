import { bannerText, curl } from './banner.js';

const sample = {
  title: 'FloKit',
  path: '/v1/batch/events',
  headers: { Authorization: 'Bearer fk_1', 'Content-Type': 'application/json' },
  body: { events: [{ event: 'signup' }] },
};

describe('banner', () => {
  it('says where everything is and gives one command per dialect to paste', () => {
    const text = bannerText({
      baseUrl: 'http://127.0.0.1:8080',
      adminTokenFile: '/data/admin-token',
      samples: [sample],
    });
    expect(text).toContain('http://127.0.0.1:8080/console\n');
    expect(text).toContain('http://127.0.0.1:8080/docs\n');
    expect(text).toContain('/data/admin-token\n');
    expect(text).toContain(
      [
        '# FloKit',
        "curl -sS -i 'http://127.0.0.1:8080/v1/batch/events' \\",
        "  -H 'Authorization: Bearer fk_1' \\",
        "  -H 'Content-Type: application/json' \\",
        `  -d '{"events":[{"event":"signup"}]}'`,
      ].join('\n'),
    );
  });

  it('names the variable when the admin token was given', () => {
    expect(bannerText({ baseUrl: 'http://h', adminTokenFile: undefined, samples: [] })).toContain(
      'as given in ADMIN_TOKEN',
    );
  });

  it('survives quotes in what it passes to the shell', () => {
    expect(curl('http://h', { path: '/p', headers: {}, body: { name: "it's" } })).toBe(
      `curl -sS -i 'http://h/p' \\\n  -d '{"name":"it'\\''s"}'`,
    );
  });
});
