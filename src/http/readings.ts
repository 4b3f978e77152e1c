/** How far organisations have read, gathered in memory and written down now and then by who may write. */
import type { Micros } from '../domain/timestamp';
import type { Scope } from '../domain/access';
import type { Reading } from '../store/house';
import type { Page } from '../store/objects';

export class Readings {
  private readonly last = new Map<string, Reading>();

  /** A page was given out. */
  note({ principal, collection }: Scope, page: Pick<Page<unknown>, 'last'>): void {
    if (page.last === undefined) return;
    const key = `${collection.id} ${principal.organisation.id}`;
    const before: Micros = this.last.get(key)?.lastDate ?? -1;
    if (page.last > before)
      this.last.set(key, {
        collectionId: collection.id,
        organisationId: principal.organisation.id,
        lastDate: page.last,
      });
  }

  /** What was noted since the last call. */
  take(): readonly Reading[] {
    const taken = [...this.last.values()];
    this.last.clear();
    return taken;
  }
}
