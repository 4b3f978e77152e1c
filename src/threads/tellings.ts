/**
 * Statuses of many members, put together in the thread that examines and handed over as bytes: the thread that answers
 * polls neither reads nor copies their text.
 */
import { randomUUID } from 'node:crypto';
import { StoreUnavailable } from '../domain/errors';
import { PART_SIZE, type RecordStore, type StatusText } from '../store/records';

/** Characters of a piece: several parts' details. */
const PIECE = 256 * 1024;

/** Asks for the next piece of a telling. */
export interface Tell {
  readonly telling: string;
  /** With the first piece: what is told. */
  readonly status?: { readonly apiRoot: string; readonly id: string };
}

type Reader = Pick<RecordStore, 'statusText'>;

/** The thread's side: what is being told, until it ends or nobody waits for it. */
export class Tellings {
  private readonly begun = new Map<string, AsyncIterator<string | Uint8Array>>();

  constructor(private readonly records: () => Promise<Reader>) {}

  /** @returns undefined: that was all; it is to be forgotten then, too. @throws {StoreUnavailable} of one that another thread had begun. */
  async piece({ telling, status }: Tell): Promise<Uint8Array | undefined> {
    if (status) {
      const found = await (await this.records()).statusText(status.apiRoot, status.id);
      if (found) this.begun.set(telling, found.pieces[Symbol.asyncIterator]());
    }
    const pieces = this.begun.get(telling);
    if (!pieces) throw new StoreUnavailable('The status cannot be told to its end.');
    const parts: Buffer[] = [];
    for (let bytes = 0; bytes < PIECE;) {
      const next = await pieces.next();
      if (next.done === true) break;
      const part = Buffer.from(next.value);
      parts.push(part);
      bytes += part.length;
    }
    return parts.length === 0 ? undefined : Buffer.concat(parts);
  }

  forget(telling: string): void {
    void this.begun.get(telling)?.return?.();
    this.begun.delete(telling);
  }
}

/** The asker's side. @param ask, forget hand over to {@link Tellings}. */
export function toldApart(
  records: Reader,
  ask: (tell: Tell) => Promise<Uint8Array | undefined>,
  forget: (telling: string) => void,
): Reader {
  async function* pieces(status: NonNullable<Tell['status']>): AsyncIterable<Uint8Array> {
    const telling = randomUUID();
    try {
      for (let piece = await ask({ telling, status }); piece !== undefined; piece = await ask({ telling }))
        yield piece;
    } finally {
      forget(telling);
    }
  }
  return {
    statusText: async (apiRoot, id): Promise<StatusText | undefined> => {
      const found = await records.statusText(apiRoot, id);
      return found && found.total > PART_SIZE ? { ...found, pieces: pieces({ apiRoot, id }) } : found;
    },
  };
}
