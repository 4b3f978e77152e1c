/** Publishing and removing on the store of this machine, through the one door, as an account. */
import type { Principal } from '../src/domain/access';
import type { Collection } from '../src/domain/channel';
import { ALL } from '../src/domain/query';
import type { StatusDetails } from '../src/domain/taxii';
import { describeAll } from '../src/describe';
import { openDoor, type OpenDoor } from '../src/publish';
import type { Store } from '../src/store/store';
import { allowed } from './select';
import { actorOf, type Arguments, type Context } from './verb';

/** Objects of one publication: below the size from which the door works in the background. */
const BATCH = 500;
const LIMITS = { depth: 64, objects: 100_000 };

/** The one door in, on the store of this machine. */
export const localDoor = (store: Store, { clock }: Pick<Context, 'clock'>): OpenDoor =>
  openDoor(store, { clock, limits: LIMITS, report: () => undefined });

/** Brings the directory of organisations up to date, and tells what cannot be. */
export async function describeOrganisations(store: Store, a: Arguments, context: Context): Promise<void> {
  const door = localDoor(store, context);
  const actor = await actorOf(a, context, store);
  for (const { id, message = '' } of await describeAll(store, door, context.clock(), actor))
    context.error(`${id} was not published: ${message}`);
}

export interface Outcome {
  accepted: number;
  /** Of those: what was held before. */
  held: number;
  readonly refused: StatusDetails[];
  readonly warned: StatusDetails[];
}

/** At most this many refusals and warnings are kept for the report. */
const MOST_KEPT = 1000;

export class LocalDoor {
  private readonly door: OpenDoor;
  readonly outcome: Outcome = { accepted: 0, held: 0, refused: [], warned: [] };
  refusedCount = 0;
  private waiting: string[] = [];

  private readonly by: string;

  constructor(
    store: Store,
    private readonly principal: Principal,
    private readonly collection: Collection,
    context: Context,
  ) {
    this.door = localDoor(store, context);
    this.by = `local:${context.user}`;
  }

  /** @param text the JSON of one object. */
  async add(text: string): Promise<void> {
    this.waiting.push(text);
    if (this.waiting.length >= BATCH) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.waiting.length === 0) return;
    const body = Buffer.from(`{"objects":[${this.waiting.join(',')}]}`);
    this.waiting = [];
    const { successes = [], failures = [] } = await allowed(
      `${this.collection.apiRoot}/${this.collection.alias}`,
      () =>
        this.door.publish({
          principalId: this.principal.id,
          collectionId: this.collection.id,
          body,
          by: this.by,
        }),
    );
    this.outcome.accepted += successes.length;
    for (const success of successes) {
      if (success.message?.startsWith('Already present')) this.outcome.held++;
      else if (success.message !== undefined && this.outcome.warned.length < MOST_KEPT)
        this.outcome.warned.push(success);
    }
    this.refusedCount += failures.length;
    for (const failure of failures)
      if (this.outcome.refused.length < MOST_KEPT) this.outcome.refused.push(failure);
  }

  /** Removes every version of an object that the account may remove. @returns why not, or undefined. */
  async remove(objectId: string): Promise<string | undefined> {
    const removal = await allowed(objectId, () =>
      this.door.remove({
        ...{ principalId: this.principal.id, collectionId: this.collection.id, objectId },
        selection: { version: ALL, specVersions: undefined },
        by: this.by,
      }),
    );
    if (removal === 'absent') return 'it is not here, or not for this account';
    if (removal === 'not-theirs')
      return 'another organisation published it; removing it takes the right to curate';
    return undefined;
  }
}
