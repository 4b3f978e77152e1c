/** Publishing and removing on the store of this machine, through the one door, as an account. */
import { scopeFor, type Principal } from '../../src/domain/access';
import type { Collection } from '../../src/domain/channel';
import { EVERYONE, readerOf } from '../../src/domain/audience';
import { ownerFor } from '../../src/domain/ownership';
import { ALL, type RemovalSelection } from '../../src/domain/query';
import { chooseRemoval, type RemovableVersion, type RemovalChoice } from '../../src/domain/removal';
import { groupOf, type StixObject } from '../../src/domain/stix';
import type { StatusDetails } from '../../src/domain/taxii';
import { instantKey } from '../../src/domain/timestamp';
import { describeAll } from '../../src/publish/describe';
import { dependencyGroups, partsOf, type Ordered } from '../../src/feeds/order';
import { Foresight, type Foreseen } from '../../src/publish/foresee';
import { openDoor, type OpenDoor } from '../../src/publish/publish';
import { readCollection } from '../../src/operations/read-collection';
import type { Inspected, Removal } from '../../src/store/objects';
import type { Store } from '../../src/store/store';
import { allowed } from './select';
import { actorOf, type Arguments, type Context } from '../verb';

/** Objects of one publication: below the size from which the door works in the background. */
const BATCH = 500;
/** What bodies are held to that come from this machine. */
export const LIMITS = { depth: 64, objects: 100_000 };

/** The one door in, on the store of this machine. */
export const localDoor = (store: Store, { clock }: Pick<Context, 'clock'>): OpenDoor =>
  openDoor(store, { clock, limits: LIMITS, atOnce: true, report: () => undefined });

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
/** Objects that are foreseen in one go: as long as one of the store's writers waits. */
const MOST_FORESEEN = 20 * BATCH;

/** Publishes and removes, or only foresees it: with the same verdicts, as far as src/foresee.ts can. */
export class LocalDoor {
  private readonly door: OpenDoor;
  private foresight: Foresight | undefined;
  readonly outcome: Outcome = { accepted: 0, held: 0, refused: [], warned: [] };
  refusedCount = 0;
  private waiting: string[] = [];
  private bodies: Buffer[] = [];
  private foreseen = 0;

  private readonly by: string;

  /** @param apply false: nothing is written. */
  constructor(
    private readonly store: Store,
    private readonly principal: Principal,
    private readonly collection: Collection,
    private readonly context: Context,
    private readonly apply: boolean,
  ) {
    this.door = localDoor(store, context);
    this.by = `local:${context.user}`;
  }

  private get name(): string {
    return `${this.collection.apiRoot}/${this.collection.alias}`;
  }

  /** @param text the JSON of one object. */
  async add(text: string): Promise<void> {
    this.waiting.push(text);
    if (this.waiting.length >= BATCH) await this.send();
  }

  /** Adds objects so that no publication breaks what belongs together: what others refer to goes first. */
  async addAll(members: readonly (Ordered & { readonly text: string })[]): Promise<void> {
    const parts = partsOf(
      dependencyGroups(members),
      () => 1,
      (count) => count <= BATCH,
    );
    for (const part of parts) {
      if (this.waiting.length + part.length > BATCH) await this.send();
      for (const { text } of part) this.waiting.push(text);
    }
  }

  /** The end: sends what waits, or has all that was added foreseen. */
  async flush(): Promise<void> {
    await this.send();
    await this.look();
  }

  private async send(): Promise<void> {
    if (this.waiting.length === 0) return;
    const body = Buffer.from(`{"objects":[${this.waiting.join(',')}]}`);
    const count = this.waiting.length;
    this.waiting = [];
    if (this.apply) {
      const { id: principalId } = this.principal;
      const to = { principalId, collectionId: this.collection.id, body, by: this.by };
      this.count(await allowed(this.name, () => this.door.publish(to)));
      return;
    }
    this.bodies.push(body);
    this.foreseen += count;
    if (this.foreseen >= MOST_FORESEEN) await this.look();
  }

  private async look(): Promise<void> {
    const { bodies } = this;
    if (bodies.length === 0) return;
    [this.bodies, this.foreseen] = [[], 0];
    const foresight = (this.foresight ??= await allowed(this.name, () => {
      const scope = scopeFor(this.principal, this.collection, 'write');
      return new Foresight(this.store, scope, { clock: this.context.clock, limits: LIMITS });
    }));
    this.count(await allowed(this.name, () => foresight.publish(bodies)));
  }

  private count({ successes = [], failures = [] }: Partial<Foreseen>): void {
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

  /**
   * Removes every version of an object that the account may remove.
   *
   * @param publisher the id of the organisation whose versions alone are meant. @returns why not, or undefined.
   */
  async remove(objectId: string, publisher?: string): Promise<string | undefined> {
    const selection = { version: ALL, specVersions: undefined, publisher };
    const { id: principalId } = this.principal;
    const { by } = this;
    const removal = await allowed<Removal | RemovalChoice>(objectId, () =>
      this.apply
        ? this.door.remove({ principalId, collectionId: this.collection.id, objectId, selection, by })
        : this.chooseRemoval(objectId, selection),
    );
    if (removal === 'absent')
      return publisher === undefined
        ? 'it is not here, or not for this account'
        : 'this account sees no version of it that this organisation published';
    if (removal === 'not-theirs')
      return 'another organisation published it; removing it takes the right to curate';
    return undefined;
  }

  /** What a removal would choose of the versions that the account sees: hidden ones may make them another's. */
  private async chooseRemoval(objectId: string, selection: RemovalSelection): Promise<RemovalChoice> {
    const scope = scopeFor(this.principal, this.collection, 'remove');
    const owners = new Map((await this.store.people.organisations()).map((o) => [o.identity, o.id]));
    const standing: RemovableVersion[] = [];
    for (const item of await this.versionsOf(objectId)) {
      const { date: ref, version, spec, rank, publisher, text, type } = item;
      const object = JSON.parse(text) as StixObject;
      const createdBy = typeof object['created_by_ref'] === 'string' ? object['created_by_ref'] : undefined;
      const ownerless = groupOf(type) === 'SCO';
      const key = instantKey(version) ?? version;
      const owner = ownerFor(standing, rank) ?? publisher;
      // What the account reads is meant for it.
      const seen = { rank, audience: EVERYONE, publisher, owner, createdBy, ownerless };
      standing.push({ ref, spec, version, key, digest: '', ...seen });
    }
    return chooseRemoval(scope, readerOf(4), objectId, standing, selection, (identity) =>
      owners.get(identity),
    );
  }

  /** The oldest arrival first: what a listing has, and what it leaves out where several published one version. */
  private async versionsOf(objectId: string): Promise<Inspected[]> {
    const found: Inspected[] = [];
    const versions = { versions: true, ids: [objectId] };
    for await (const item of readCollection(this.store, this.principal, this.collection, versions))
      found.push(item);
    const rivals = await this.store.objects.rivals(
      scopeFor(this.principal, this.collection, 'read'),
      objectId,
    );
    const contested = new Set(rivals.map(({ version }) => instantKey(version)));
    const others = found.filter(({ version }) => !contested.has(instantKey(version)));
    return [...others, ...rivals].sort((a, b) => a.date - b.date);
  }
}
