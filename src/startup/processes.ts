/** JISR_PROCESSES: one process that prepares and watches, and n that serve one port between them (node:cluster). */
import cluster from 'node:cluster';
import type { Housekeeper } from '../jobs/thread';
import type { Logger } from '../log';
import type { Noticed } from '../store/house';
import type { Signal, Stopping } from './stopping';

/** One that ends sooner than this after its start is not started again at once. */
const SHORT_LIFE_MS = 5000;
const PAUSE_MS = 1000;

/** The exit code of a process that cannot serve, whoever starts it again: sysexits' EX_CONFIG. */
export const CANNOT = 78;

/** Keeps n processes up until it is told to stop; resolves when the last of them has ended. */
export function keepProcesses(
  count: number,
  log: Logger,
  housekeeper: Pick<Housekeeper, 'note' | 'quiet'>,
  stopping: Stopping,
): Promise<void> {
  let over = false;
  let ended: () => void = () => undefined;
  const born = new Map<number, number>();
  const raise = (): void => {
    const worker = cluster.fork();
    born.set(worker.id, Date.now());
  };
  cluster.on('exit', (worker, code, signal) => {
    const short = Date.now() - (born.get(worker.id) ?? 0) < SHORT_LIFE_MS;
    born.delete(worker.id);
    if (code === CANNOT && !over) {
      process.exitCode = 1;
      stop('SIGTERM');
    }
    if (over) {
      if (born.size === 0) ended();
      return;
    }
    log.error({ code, signal }, 'a process ended; another one is started');
    setTimeout(
      () => {
        if (!over) raise();
      },
      short ? PAUSE_MS : 0,
    );
  });
  const stop = (signal: Signal): void => {
    if (over) return;
    over = true;
    log.info({ signal }, 'stopping every process');
    housekeeper.quiet();
    if (born.size === 0) ended();
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGTERM');
  };
  cluster.on('message', (_worker, message: { noticed?: Noticed }) => {
    if (message.noticed) housekeeper.note(message.noticed);
  });
  stopping.by(stop);
  void stopping.late.then(() => {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL');
  });
  for (let i = 0; i < count; i++) raise();
  return new Promise((resolve) => (ended = resolve));
}
