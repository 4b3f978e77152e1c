/** The port, the catalog: channels and their collections. */
import type { Actor } from '../domain/actor';
import type { Change } from '../domain/changes';
import type { Channel } from '../domain/channel';

export interface ApplyOptions {
  /** Remove collections that are no longer wanted although they hold objects, with the objects. */
  readonly dropObjects: boolean;
  /** false: only say what would change. */
  readonly apply: boolean;
  /** Who is named in the audit; the server, unless told otherwise. */
  readonly by?: Actor;
}

export interface CatalogStore {
  /** The channels in force, API Roots by name and collections by id (T-286, T-402a), with all grants. */
  channels(): Promise<readonly Channel[]>;
  /**
   * Makes the given channels the ones in force; re-ranks what a changed `default_tlp` concerns, in the same unit of work.
   *
   * @returns the differences, whether or not they were applied; each is audited in the same unit of work.
   * @throws {OperatorError} a collection that still holds objects would go, also if it is only asked; nothing was changed.
   */
  apply(channels: readonly Channel[], options: ApplyOptions): Promise<readonly Change[]>;
}
