import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningGateway } from './processes.js';

/** Sets up sources and destinations over the admin API. */
export class Admin {
  constructor(private readonly gateway: Pick<RunningGateway, 'port' | 'adminToken'>) {}

  async put(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.gateway.port}/admin/v1/${path}`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${this.gateway.adminToken}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async get(path: string): Promise<unknown> {
    return JSON.parse(await this.text(`/admin/v1/${path}`)) as unknown;
  }

  async text(path: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.gateway.port}${path}`, {
      headers: { Authorization: `Bearer ${this.gateway.adminToken}` },
    });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return response.text();
  }

  async post(path: string): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${this.gateway.port}/admin/v1/${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${this.gateway.adminToken}` },
    });
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
  }

  /** One sample of `/metrics`, or the sum of those that differ in their labels only. */
  async metric(name: string): Promise<number> {
    const samples = (await this.text('/metrics')).matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'gm'));
    return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  /** Everything that was accepted has been fanned out. */
  async routed(): Promise<void> {
    for (let i = 0; i < 600; i++) {
      if ((await this.metric('gateway_unrouted_segments')) === 0) return;
      await sleep(100);
    }
    throw new Error('some segments are not fanned out');
  }

  async source(id: string, dialect: string, credentials: Readonly<Record<string, string>>): Promise<void> {
    await this.put(`sources/${id}`, { name: id, dialect, credentials, rateLimit: null });
  }

  async webhook(id: string, url: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.put(`destinations/${id}`, { name: id, type: 'webhook', config: { url }, ...more });
  }
}
