/** One run of an import: what it was given, and what came of it. */
import { scopeFor, type Principal } from '../../src/domain/access';
import type { Collection, ImportDefaults } from '../../src/domain/channel';
import { identityOf } from '../../src/domain/identity';
import type { StixObject } from '../../src/domain/stix';
import { isExpired } from '../../src/operations/read-collection';
import type { Store } from '../../src/store/store';
import type { RawMember } from '../../src/validation/text';
import { indicatorOf, renewed, type Said } from './indicators';
import type { LocalDoor } from '../local/local-door';
import { allowed } from '../local/select';
import type { Context } from '../verb';

/** What could not be read, with its place and why. */
interface Unread {
  readonly source: string;
  readonly line: number | null;
  readonly why: string;
}

/** Kept for the report; all are counted. */
const MOST_KEPT = 1000;
const BATCH = 500;

export class Import {
  readonly unread: Unread[] = [];
  unreadCount = 0;
  made = 0;
  alreadyThere = 0;
  private waiting: { object: StixObject; source: string; line: number | null }[] = [];
  private readonly seen = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly principal: Principal,
    private readonly collection: Collection,
    private readonly door: LocalDoor,
    private readonly context: Context,
    private readonly defaults: ImportDefaults,
  ) {}

  skip(source: string, line: number | null, why: string): void {
    this.unreadCount++;
    if (this.unread.length < MOST_KEPT) this.unread.push({ source, line, why });
  }

  async indicator(said: Said, source: string, line: number | null): Promise<void> {
    const producer = identityOf(this.principal.organisation);
    const now = this.context.clock();
    const object = indicatorOf(said, { producer, defaults: this.defaults, now });
    const id = String(object['id']);
    // A value that a feed names twice is one indicator.
    if (this.seen.has(id)) {
      this.alreadyThere++;
      return;
    }
    this.seen.add(id);
    this.waiting.push({ object, source, line });
    if (this.waiting.length >= BATCH) await this.flush();
  }

  /** Only what is not there, or was there and is past its time, is published. */
  async flush(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    const scope = await allowed('import', () => scopeFor(this.principal, this.collection, 'write'));
    const held = await this.store.objects.lookup(
      scope,
      batch.map(({ object }) => String(object['id'])),
    );
    const now = this.context.clock();
    for (const { object } of batch) {
      const text = held.get(String(object['id']))?.[0]?.text;
      const standing = text === undefined ? undefined : (JSON.parse(text) as StixObject);
      if (standing && (!isExpired(standing, now) || standing['revoked'] === true)) {
        this.alreadyThere++;
        continue;
      }
      this.made++;
      await this.door.add(JSON.stringify(standing ? renewed(standing, object) : object));
    }
  }

  async objects(members: readonly RawMember[]): Promise<void> {
    this.made += members.length;
    await this.door.addAll(members);
  }
}
