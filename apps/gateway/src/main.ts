import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConfigFile, serveDocs } from '#admin';
import { Configuration, DemoConfiguration, demoSourceId } from '#control-plane';
import { IngestServer } from '#dialects';
import { messageOf, NestLog, processEnvironment, Readiness, type Environment, type Log } from '#platform';
import { bannerText, type BannerSample } from './banner.js';
import { layFoundation, openLog, type Foundation } from './foundation.js';
import { GatewayModule } from './gateway.module.js';
import { serveConsole } from './console/console-files.js';
import { createHttpAdapter } from './http/http-adapter.js';
import { Shutdown } from './shutdown.js';
import { readProduct } from './welcome/product.js';

/** The first start of a newcomer: a demo in an empty store, and a banner that shows how to use it. */
const isQuickstart = process.argv.includes('--quickstart');

async function main(): Promise<void> {
  const environment = checkedEnvironment();
  const log = openLog(environment, process.stdout.isTTY);
  dieOfSurprises(log);
  const readiness = new Readiness();
  const shutdown = new Shutdown(log);
  shutdown.listen(() => readiness.startDraining());
  try {
    const foundation = await layFoundation(environment, log, readiness, shutdown);
    const app = await createApplication(foundation);
    shutdown.push('application', () => app.close());
    await app.init();
    if (environment.role !== 'worker') await configure(app, environment);
    foundation.redis.setPatience();
    await app.listen(environment.port, environment.host);
    announce(app, foundation);
  } catch (error) {
    if (readiness.draining) return;
    log.fatal({ error }, `The gateway cannot start: ${messageOf(error)}`);
    await shutdown.run();
    process.exit(1);
  }
}

function checkedEnvironment(): Environment {
  try {
    return processEnvironment();
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(1);
  }
}

async function createApplication(foundation: Foundation): Promise<NestFastifyApplication> {
  const adapter = createHttpAdapter(foundation.dialects, foundation.readiness);
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.of(foundation), adapter, {
    logger: new NestLog(foundation.log),
    abortOnError: false,
  });
  if (foundation.environment.role === 'worker') return app;
  app.get(IngestServer).register(adapter.getInstance());
  serveDocs(app, foundation.dialects, readProduct());
  serveConsole(adapter.getInstance());
  return app;
}

/** Before any traffic is taken. Who brings a configuration along needs no demo. */
async function configure(app: NestFastifyApplication, { configFile }: Environment): Promise<void> {
  if (configFile !== undefined) await app.get(ConfigFile).apply(configFile);
  else if (isQuickstart) await app.get(DemoConfiguration).createInEmptyStore();
}

function announce(app: NestFastifyApplication, { environment, log, secrets, dialects }: Foundation): void {
  const baseUrl = baseUrlOf(environment.host, app.getHttpServer().address());
  log.info({ baseUrl, role: environment.role, adminTokenFile: secrets.adminTokenFile }, 'Listening');
  if (!isQuickstart) return;
  const { sources } = app.get(Configuration);
  const samples = dialects.all.flatMap((dialect): BannerSample[] => {
    const source = sources.get(demoSourceId(dialect.name));
    return source ? [{ title: dialect.title, ...dialect.sample(source.credentials) }] : [];
  });
  process.stdout.write(bannerText({ baseUrl, adminTokenFile: secrets.adminTokenFile, samples }));
}

/** An address that works from this machine, also where the server listens on all of them. */
function baseUrlOf(host: string, address: AddressInfo | string | null): string {
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (host === '::') return `http://[::1]:${port}`;
  return host.includes(':') ? `http://[${host}]:${port}` : `http://${host}:${port}`;
}

/** Going on after a surprise could acknowledge what is not kept; the next start picks up everything that is. */
function dieOfSurprises(log: Log): void {
  const die = (error: unknown): void => {
    log.fatal({ error }, 'Unexpected failure');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}

await main();
