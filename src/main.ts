/** Composition root: config → store → channels → door → app → housekeeper → listen; SIGTERM takes it down in reverse. */
import cluster from 'node:cluster';
import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { readConfig, type Config } from './config';
import { OperatorError } from './domain/errors';
import { firstAccountShown, type FirstAccount } from './startup/first-start';
import { createApp } from './http/app';
import { drainable } from './http/drain';
import { Readings } from './http/readings';
import { Uses } from './http/uses';
import { createServer } from './http/server';
import { readTls } from './http/tls';
import { watchCertificates } from './http/certificate-watch';
import { distantHousekeeper, startHousekeeper, type Housekeeper } from './jobs/thread';
import { createLogger, type Logger } from './log';
import type { CredentialKind } from './identity/claim';
import { prepare } from './startup/prepare';
import { CANNOT, keepProcesses } from './startup/processes';
import { listenForSignals, type Stopping } from './startup/stopping';
import { startThread } from './publish/thread';
import { patiently, WAITING, type Wait } from './threads/patiently';
import { examineApart } from './threads/read';
import { openStore } from './store/open';
import type { Store } from './store/store';

const clock = (): number => Date.now() * 1000;

/** Of a page's objects nothing is near in the file but its indexes; what is asked for again is kept as an answer. */
const CACHE_MB = 16;

/** How often it is written down how far readers came, and which tokens were used, in ms. */
const READINGS_MS = 30_000;

function keepHouse({ store, envelope, statusDays, schedule }: Config, log: Logger): Housekeeper {
  return startHousekeeper({ store, limits: envelope, statusDays, schedule }, (level, details, event) =>
    log[level](details, event),
  );
}

/** Why the server cannot listen, for the operator. */
function cannotListen({ host, port }: Config, error: unknown): unknown {
  const why: Record<string, string> = {
    EADDRINUSE: 'another program, perhaps another Jisr, listens there. Stop it, or choose another JISR_PORT',
    EACCES: 'this user may not. Choose a JISR_PORT above 1023',
    EADDRNOTAVAIL: 'this machine does not have the address. Choose another JISR_HOST',
    ENOTFOUND: 'the name has no address. Choose another JISR_HOST',
  };
  const said = why[(error as NodeJS.ErrnoException).code ?? ''];
  return said === undefined ? error : new OperatorError(`Cannot listen on ${host}, port ${port}: ${said}.`);
}

/** Kinds of credentials that are configured. What they need is loaded only for who has any. */
async function moreKinds(
  { oidcFile }: Config,
  { people }: Store,
  log: Logger,
): Promise<readonly CredentialKind[]> {
  if (oidcFile === undefined) return [];
  const [{ oidcCredentials }, { readIssuers }] = await Promise.all([
    import('./identity/oidc.js'),
    import('./identity/oidc-file.js'),
  ]);
  const issuers = await readIssuers(oidcFile);
  return [
    oidcCredentials(people, issuers, clock, (issuer, why) =>
      log.warn({ issuer, why }, 'the keys of an OpenID Connect provider cannot be had'),
    ),
  ];
}

async function serve(
  config: Config,
  log: Logger,
  housekeeper: Housekeeper,
  { by, late, waitFor }: Stopping,
  more: object = {},
): Promise<void> {
  const waits = (wait: Wait): void => log.warn(wait, WAITING);
  const tls = config.tls && (await readTls(config.tls));
  const store = await patiently(
    () =>
      openStore(config.store, {
        readonly: true,
        inTurns: true,
        cacheMb: CACHE_MB,
        pageBytes: config.pageCacheBytes,
      }),
    waits,
  );
  const { stop: stopExamining, ...apart } = examineApart(store, config.store, waits, (error, pause) =>
    log.error({ err: error, pause }, 'the thread that examines ended; another one is started'),
  );
  const door = startThread(
    { store: config.store, limits: config.envelope, quotas: config.quotas },
    (event, details) => log.info(details, event),
    waits,
    (error) => {
      log.fatal({ err: error }, 'the writer ended');
      process.exit(1);
    },
  );
  const kinds = await moreKinds(config, store, log);
  const readings = new Readings();
  const uses = new Uses();
  const server = createServer(
    createApp({ store: { ...store, ...apart }, door, config, log, clock, readings, uses, kinds }),
    config,
    tls,
  );
  const watch =
    config.tls && tls && server instanceof https.Server
      ? watchCertificates(server, config.tls, tls, { log })
      : undefined;
  const drain = drainable(server);
  const note = (): void => housekeeper.note({ readings: readings.take(), uses: uses.take() });
  const noting = setInterval(note, READINGS_MS);
  const stop = (signal: string): void => {
    log.info({ signal }, 'stopping');
    void (async () => {
      clearInterval(noting);
      watch?.stop();
      housekeeper.quiet();
      await waitFor('requests', drain());
      note();
      await Promise.all([
        waitFor('the housekeeper', housekeeper.stop(late)),
        waitFor('the writer', door.stop(late)),
        waitFor('the thread that examines', stopExamining()),
      ]);
      await waitFor('the store', Promise.race([store.close(), late]));
      log.info('stopped');
      cluster.worker?.disconnect();
    })().catch((error: unknown) => {
      log.fatal({ err: error }, 'stopping failed');
      process.exit(1);
    });
  };
  by(stop);

  // After that: whoever reads "listening" may ask it to stop in the same moment.
  server.listen(config.port, config.host);
  await once(server, 'listening').catch((error: unknown) => {
    throw cannotListen(config, error);
  });
  const { port } = server.address() as AddressInfo;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  log.info({ url: `${tls ? 'https' : 'http'}://${host}:${port}/taxii2/`, ...more }, 'listening');
}

/** @throws {OperatorError} what this process would serve cannot be. */
async function start(config: Config, log: Logger): Promise<void> {
  let first: FirstAccount | undefined;
  let waiting = config.processes;
  const show = (): void => {
    if (!first || waiting < 0) return;
    waiting = -1;
    process.stderr.write(firstAccountShown(first));
  };
  // The password is nowhere else: it is shown last, and also if nothing can be served.
  process.once('exit', show);
  const stopping = listenForSignals(log);
  if (!cluster.isPrimary) {
    await serve(config, log, distantHousekeeper(), stopping);
    return;
  }
  await prepare(config, log, (account) => (first = account));
  const housekeeper = keepHouse(config, log);
  if (config.processes > 1) {
    cluster.on('listening', () => {
      if (--waiting === 0) show();
    });
    const { late, waitFor } = stopping;
    await waitFor('processes', keepProcesses(config.processes, log, housekeeper, stopping));
    await waitFor('the housekeeper', housekeeper.stop(late));
    return;
  }
  await serve(config, log, housekeeper, stopping, first ? { firstStart: true } : {});
  show();
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLogger(config.logLevel);
  await start(config, log);
}

main().catch((error: unknown) => {
  const known = error instanceof OperatorError || (error instanceof Error && error.name === 'ConfigError');
  process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(known && cluster.isWorker ? CANNOT : 1);
});
