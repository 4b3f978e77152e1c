/** Composition root: config → store → channels → door → app → jobs → listen; SIGTERM takes it down in reverse. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readConfig, type Config } from './config';
import { OperatorError } from './domain/errors';
import { firstOperator } from './first-start';
import { createApp } from './http/app';
import { Readings } from './http/readings';
import { createServer } from './http/server';
import { startJobs } from './jobs/schedule';
import { createLogger, type Logger } from './log';
import { startThread } from './publish-thread';
import { openStore } from './store/open';
import { loadChannels } from './validation/channel';

const clock = (): number => Date.now() * 1000;

/** How often it is written down how far readers came, in ms. */
const READINGS_MS = 30_000;

/** How long requests under way may take to end after SIGTERM, in ms. */
const DRAIN_MS = 20_000;

/** Brings store and channels up to date before anything is served. */
async function prepare(config: Config, log: Logger): Promise<void> {
  const store = await openStore(config.store);
  try {
    const channels = await loadChannels(config.collections);
    const changes = await store.catalog.apply(channels, { apply: true, dropObjects: false });
    for (const { kind, subject, details } of changes) log.info({ kind, subject, details }, 'channel applied');
    const operator = await firstOperator(store);
    if (operator) {
      // To the terminal and not to the log: it is shown this once and kept nowhere.
      process.stderr.write(
        `\n  First start: an operator account was made.\n\n    account   ${operator.name}\n    password  ${operator.password}\n\n` +
          `  Keep the password now, it is not shown again.\n\n`,
      );
    }
  } finally {
    await store.close();
  }
}

async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const impatient = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(impatient);
}

async function serve(config: Config, log: Logger): Promise<void> {
  await prepare(config, log);
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
    })().catch((error: unknown) => {
      log.fatal({ err: error }, 'stopping failed');
      process.exit(1);
    });
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));

  // After the handlers: whoever reads "listening" may ask it to stop in the same moment.
  server.listen(config.port, config.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  log.info({ url: `http://${host}:${port}/taxii2/` }, 'listening');
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  await serve(config, createLogger(config.logLevel));
}

main().catch((error: unknown) => {
  const known = error instanceof OperatorError || (error instanceof Error && error.name === 'ConfigError');
  process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
