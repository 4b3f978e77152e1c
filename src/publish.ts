/**
 * THE ONE DOOR IN: envelope → validate → rank → append → Status. HTTP, scripts and mirrors all publish through it.
 *
 * A small publication is done before it is answered. A large one is answered `pending` once its bytes and its
 * status are safe, and worked off part by part, others taking their turns between; after a crash or a restart it
 * goes on where it stood.
 */
import { v4 as uuid } from 'uuid';
import { admitAll, envelopeOf } from './admission';
import { scopeFor, type Scope } from './domain/access';
import { TaxiiError } from './domain/errors';
import { statedVersion, type StixObject } from './domain/stix';
import type { Status } from './domain/taxii';
import { formatTimestamp, type Micros } from './domain/timestamp';
import { definitionRank, type Rank } from './domain/tlp';
import type { Door, PublishRequest, RemoveRequest } from './door';
import { PART_SIZE, type Removal, type StatusSeed, type Store } from './store/store';
import { checkObject } from './validation/object';
import { BodyError, readEnvelope, type Member as RawMember } from './validation/text';

export interface DoorOptions {
  readonly clock: () => Micros;
  /** Nesting of the body, objects in it (T-385). */
  readonly limits: { readonly depth: number; readonly objects: number };
  /** Told of what goes on in the background: a part that failed and is tried again, a publication that ended. */
  readonly report: (event: string, details: Record<string, unknown>) => void;
}

/** The door with its background work. */
export interface OpenDoor extends Door {
  /** Goes on with what an earlier process left unfinished. Resolves when all of it waits in line. */
  resume(): Promise<void>;
  /** Resolves when nothing is being worked off any more; parts not begun stay for the next start. */
  stop(): Promise<void>;
}

/** How long a part waits after the store was out of reach, in ms. */
const RETRY_MS = 1000;

/** What a publication itself says of marking definitions: its own word comes first (D5). */
function definitionsIn(members: readonly RawMember[]): Map<string, Rank | null> {
  const sound = members.filter(
    (m) => m.type === 'marking-definition' && !m.problem && checkObject(m.object).errors.length === 0,
  );
  return new Map(sound.map((m) => [m.id, definitionRank(m.object)]));
}

function readBody(body: Buffer, limits: DoorOptions['limits']): readonly RawMember[] {
  try {
    return readEnvelope(body, limits).members;
  } catch (error) {
    if (error instanceof BodyError) throw new TaxiiError('unprocessable', error.message);
    throw error;
  }
}

/** A publication that is being worked off. */
interface Work {
  readonly status: StatusSeed;
  readonly principalId: string;
  readonly collectionId: string;
  readonly by?: string;
  readonly members: readonly RawMember[];
  readonly definitions: ReadonlyMap<string, Rank | null>;
  readonly envelope: ReadonlyMap<string, readonly StixObject[]>;
  /** The number of the next part. */
  part: number;
}

export function openDoor(store: Store, options: DoorOptions): OpenDoor {
  const { clock, limits, report } = options;
  const line: Work[] = [];
  let stopping = false;
  let running: Promise<void> | undefined;

  /** Access is decided by whoever writes, at the moment of the write. @throws {TaxiiError} */
  async function decide<A extends 'write' | 'remove'>(
    ids: { principalId: string; collectionId: string; by?: string },
    action: A,
  ): Promise<Scope<A>> {
    const [principal, channels] = await Promise.all([
      store.people.principal(ids.principalId),
      store.catalog.channels(),
    ]);
    if (!principal) throw new TaxiiError('unauthenticated', 'This account does not exist any more.');
    return scopeFor(
      principal,
      channels.flatMap((c) => c.collections).find((c) => c.id === ids.collectionId),
      action,
      ids.by,
    );
  }

  const appendPart = async (scope: Scope<'write'>, work: Work): Promise<Status> => {
    const raw = work.members.slice(work.part * PART_SIZE, (work.part + 1) * PART_SIZE);
    return store.objects.append(scope, {
      status: work.status,
      number: work.part,
      last: (work.part + 1) * PART_SIZE >= work.members.length,
      members: await admitAll(store, scope, raw, work.envelope, work.status.requested),
      definitions: work.definitions,
    });
  };

  /** One part of the first publication in line; a store that is out of reach is tried again later. */
  async function advance(work: Work): Promise<void> {
    try {
      const status = await appendPart(await decide(work, 'write'), work);
      work.part += 1;
      if (status.status === 'complete') {
        line.splice(line.indexOf(work), 1);
        report('publication complete', {
          status: work.status.id,
          success: status.success_count,
          failure: status.failure_count,
        });
      } else line.push(...line.splice(line.indexOf(work), 1));
    } catch (error) {
      if (error instanceof TaxiiError) {
        await store.records.abandon(work.status.id, `ACCESS: ${error.message}`);
        line.splice(line.indexOf(work), 1);
        report('publication abandoned', { status: work.status.id, reason: error.message });
        return;
      }
      report('part failed', { status: work.status.id, part: work.part, error: String(error) });
      line.push(...line.splice(line.indexOf(work), 1));
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  function start(): void {
    // With an empty line the loop would end before it is remembered, and never be started again.
    if (line.length === 0) return;
    running ??= (async () => {
      for (let work = line[0]; work && !stopping; work = line[0]) {
        await advance(work);
        await new Promise((resolve) => setImmediate(resolve));
      }
      running = undefined;
    })();
  }

  return {
    async publish({ principalId, collectionId, body, ...who }: PublishRequest) {
      const scope = await decide({ principalId, collectionId, ...who }, 'write');
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      const members = readBody(bytes, limits);
      const status: StatusSeed = { id: uuid(), requested: clock(), total: members.length };
      const work: Work = {
        status,
        principalId,
        collectionId,
        ...who,
        members,
        definitions: definitionsIn(members),
        envelope: envelopeOf(members),
        part: 0,
      };
      if (members.length <= PART_SIZE) return appendPart(scope, work);
      const requested = formatTimestamp(status.requested);
      const pendings = members.map((m) => ({
        id: m.id,
        version: statedVersion(m.object)?.version ?? requested,
      }));
      const pending = await store.records.begin(scope, status, bytes, pendings);
      line.push(work);
      start();
      return pending;
    },

    async remove({ objectId, selection, ...who }: RemoveRequest): Promise<Removal> {
      return store.objects.remove(await decide(who, 'remove'), objectId, selection);
    },

    async resume() {
      for (const found of await store.records.unfinished()) {
        // What was accepted once is read without today's limits, which may be lower.
        const members = readBody(found.body, { depth: Infinity, objects: Infinity });
        line.push({
          ...found,
          members,
          definitions: definitionsIn(members),
          envelope: envelopeOf(members),
          part: found.partsDone,
        });
      }
      start();
    },

    async stop() {
      stopping = true;
      await running;
    },
  };
}
