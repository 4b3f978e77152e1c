/** The classes of readers that collections know (src/domain/audience.ts), and to which of them somebody belongs. */
import { LRUCache } from 'lru-cache';
import type { Scope } from '../../domain/access';
import {
  audienceIn,
  EVERYONE,
  rankIn,
  readerAmong,
  readerOf,
  traitsOf,
  type AudienceRule,
  type Reader,
} from '../../domain/audience';
import { ClassBook } from '../../domain/class-book';
import { StoreUnavailable } from '../../domain/errors';
import type { Inspected } from '../objects';
import type { Connection } from './connection';
import type { Link } from './link';

const MOST_COLLECTIONS = 500;
const MOST_READERS = 2000;

/** What a link says of audiences: the number of the last that it or any before it defined. */
type As = Pick<Link, 'audiences'>;

export class Audiences {
  private readonly books = new LRUCache<string, ClassBook>({ max: MOST_COLLECTIONS });
  private readonly readers = new LRUCache<string, Reader>({ max: MOST_READERS });

  constructor(private readonly tables: Connection['tables']) {}

  /** What was defined as of a link that is applied, for who may define more. @throws {StoreUnavailable} */
  async book(collection: string, { audiences = 0 }: As): Promise<ClassBook> {
    const known = await this.known(collection, audiences);
    return new ClassBook([...known.defined].map(([id, definition]) => [id, JSON.stringify(definition)]));
  }

  /** As of a link. Most collections know no audience, and then nothing is asked. @throws {StoreUnavailable} */
  async reader(
    { clearance, collection, principal: { organisation } }: Scope,
    { audiences = 0 }: As,
  ): Promise<Reader> {
    const rank = clearance ?? -1;
    if (audiences === 0) return readerOf(rank);
    const key = JSON.stringify([collection.id, audiences, rank, ...traitsOf(organisation)]);
    const kept = this.readers.get(key);
    if (kept) return kept;
    const reader = readerAmong(rank, organisation, (await this.known(collection.id, audiences)).defined);
    this.readers.set(key, reader);
    return reader;
  }

  /** What a level says, for who is shown the version. */
  async shown(collection: string, level: number): Promise<Pick<Inspected, 'rank' | 'audience'>> {
    const [rank, id] = [rankIn(level), audienceIn(level)];
    if (id === EVERYONE) return { rank };
    const { defined } = await this.known(collection, id);
    return { rank, audience: defined.get(id) as AudienceRule };
  }

  private async known(collection: string, last: number): Promise<ClassBook> {
    const kept = this.books.get(collection);
    if (kept && kept.last >= last) return kept;
    if (last === 0) return new ClassBook();
    const docs = await this.tables.audiences.find({ c: collection }).sort({ n: 1 }).toArray();
    const book = new ClassBook(docs.map(({ n, definition }) => [n, definition]));
    if (book.last < last)
      throw new StoreUnavailable('Something of the collection is missing. If that stays, run `jisr check`.');
    this.books.set(collection, book);
    return book;
  }
}
