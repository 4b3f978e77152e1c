/**
 * Pages that may be asked for again (D13): whether one still is right is seen by one walk along the chain, and nothing of it is
 * read again. A full page outlives whatever is published behind it.
 */
import { LRUCache } from 'lru-cache';
import type { Scope } from '../../domain/access';
import { traitsOf } from '../../domain/audience';
import { isExamined } from '../../domain/asked';
import type { ObjectQuery } from '../../domain/query';
import type { Link } from './link';
import type { KeptLook, LookOptions } from './look';

/** What a page takes beside its rows, in bytes, about. */
const OVERHEAD = 1000;

export class KeptLooks<T> {
  private readonly kept: LRUCache<string, KeptLook<T>> | undefined;

  /** @param bytes of all that are kept; 0: none is. @param size of one, in bytes. */
  constructor(
    bytes: number,
    private readonly size: (value: T) => number,
  ) {
    this.kept = bytes > 0 ? new LRUCache<string, KeptLook<T>>({ maxSize: bytes }) : undefined;
  }

  /** For the look at a page: the one of before, and where to keep this one. */
  of(
    { collection, clearance, principal: { organisation } }: Scope<'read'>,
    known: Pick<Link, 'audiences'> | undefined,
    query: ObjectQuery,
    withBodies: boolean,
  ): Pick<LookOptions<T>, 'before' | 'keep'> {
    const { kept } = this;
    if (!kept || clearance === undefined || isExamined(query)) return {};
    const { ids, types, version, specVersions, after, limit } = query;
    const asked = JSON.stringify([
      collection.id,
      clearance,
      // Where audiences are known, to whom they open.
      known?.audiences ? traitsOf(organisation) : undefined,
      withBodies,
      ids,
      types,
      version,
      specVersions,
      after,
      limit,
    ]);
    return {
      before: kept.get(asked),
      keep: (look) => void kept.set(asked, look, { size: OVERHEAD + this.size(look.value) }),
    };
  }
}
