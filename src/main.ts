/** Composition root: config → store → channels → door → app → jobs → listen; SIGTERM takes it down in reverse. */
import cluster from 'node:cluster';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readConfig, type Config } from './config';
import { OperatorError } from './domain/errors';
import { firstAccountShown, type FirstAccount } from './first-start';
import { createApp } from './http/app';
import { Readings } from './http/readings';
import { createServer } from './http/server';
import { startJobs } from './jobs/schedule';
import { createLogger, type Logger } from './log';
import { prepare } from './prepare';
import { CANNOT, keepProcesses } from './processes';
import { startThread } from './publish-thread';
import { openStore } from './store/open';

const clock = (): number => Date.now() * 1000;

/** How often it is written down how far readers came, in ms. */
const READINGS_MS = 30_000;

/** How long requests under way may take to end after SIGTERM, in ms. */
const DRAIN_MS = 20_000;

async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const impatient = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(impatient);
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

async function serve(config: Config, log: Logger, more: object = {}): Promise<void> {
  const [reader, housekeeper] = [
    await openStore(config.store, { readonly: true }),
    await openStore(config.store),
  ];
  const door = startThread(
    { store: config.store, limits: { depth: config.maxDepth, objects: config.maxObjects } },
    (event, details) => log.info(details, event),
    (error) => {
      log.fatal({ err: error }, 'the writer ended');
      process.exit(1);
    },
  );
  const readings = new Readings();
  const server = createServer(createApp({ store: reader, door, config, log, clock, readings }), config);
  const writeReadings = async (): Promise<void> => {
    const taken = readings.take();
    if (taken.length > 0) await housekeeper.house.noteReadings(taken);
  };
  const noting = setInterval(() => {
    writeReadings().catch((error: unknown) => log.warn({ err: error }, 'how far readers came was not noted'));
  }, READINGS_MS);
  const { statusDays, schedule } = config;
  const stopJobs = startJobs({ store: housekeeper, door, clock, statusDays }, schedule, log);
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    void (async () => {
      clearInterval(noting);
      await stopJobs();
      await drain(server);
      await writeReadings();
      await door.stop();
      await reader.close();
      await housekeeper.close();
      log.info('stopped');
      cluster.worker?.disconnect();
    })().catch((error: unknown) => {
      log.fatal({ err: error }, 'stopping failed');
      process.exit(1);
    });
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));

  // After the handlers: whoever reads "listening" may ask it to stop in the same moment.
  server.listen(config.port, config.host);
  await once(server, 'listening').catch((error: unknown) => {
    throw cannotListen(config, error);
  });
  const { port } = server.address() as AddressInfo;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  log.info({ url: `http://${host}:${port}/taxii2/`, ...more }, 'listening');
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
  if (cluster.isPrimary) await prepare(config, log, (account) => (first = account));
  if (cluster.isPrimary && config.processes > 1) {
    cluster.on('listening', () => {
      if (--waiting === 0) show();
    });
    keepProcesses(config.processes, log);
    return;
  }
  await serve(config, log, first ? { firstStart: true } : {});
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
