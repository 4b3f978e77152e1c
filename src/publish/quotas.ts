/** How much may wait to be worked off: by organisation, so that nobody fills the store for others, and in total. */
import { TaxiiError } from '../domain/errors';
import type { RecordStore } from '../store/records';

export interface Quotas {
  /** Publications, and the bytes of their bodies. */
  readonly publications: number;
  readonly bytes: number;
  readonly ownPublications: number;
  readonly ownBytes: number;
}

export const QUOTAS: Quotas = {
  publications: 200,
  bytes: 2_000_000_000,
  ownPublications: 20,
  ownBytes: 500_000_000,
};

/** When a place may be free again, in seconds. */
const RETRY = { 'Retry-After': '30' };

/** @throws {TaxiiError} 503: nothing more is taken until some of what waits is done. */
export async function requireRoom(
  records: Pick<RecordStore, 'unfinished'>,
  organisationId: string,
  bytes: number,
  quotas: Quotas,
): Promise<void> {
  const waiting = await records.unfinished();
  const own = waiting.filter((w) => w.organisationId === organisationId);
  const sum = (some: typeof waiting): number => some.reduce((total, w) => total + w.bytes, bytes);
  if (own.length >= quotas.ownPublications || sum(own) > quotas.ownBytes)
    throw new TaxiiError(
      'unavailable',
      `${own.length} publications of your organisation wait to be worked off, with ${sum(own) - bytes} bytes; ` +
        `at most ${quotas.ownPublications} with ${quotas.ownBytes} may. Look at their statuses, and publish this one when some are complete.`,
      RETRY,
    );
  if (waiting.length >= quotas.publications || sum(waiting) > quotas.bytes)
    throw new TaxiiError(
      'unavailable',
      'Too many publications wait to be worked off. Nothing was taken of this one. Try again in a minute.',
      RETRY,
    );
}
