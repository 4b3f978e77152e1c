/**
 * THE ONE DOOR IN: envelope → validate → rank → append → Status. HTTP, scripts and mirrors all publish through it.
 *
 * What fits into one part is done before it is answered. What does not is answered `pending` once its bytes and its
 * status are safe, and worked off part by part (line.ts), others taking their turns between; after a crash or a restart
 * it goes on where it stood.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { v4 as uuid } from 'uuid';
import { scopeFor, type Scope } from '../domain/access';
import { TaxiiError } from '../domain/errors';
import { oneByOne } from '../domain/one-by-one';
import { statedVersion } from '../domain/stix';
import type { Status } from '../domain/taxii';
import { formatTimestamp, type Micros } from '../domain/timestamp';
import type { Door, PublishRequest, RemoveRequest } from './door';
import { CUT, openEnvelope, type Envelope } from './envelope';
import { Group } from './group';
import { Line } from './line';
import { changePassword } from '../identity/own-password';
import { ParsedBudget } from './parsed';
import { workPart } from './part';
import { QUOTAS, requireRoom, type Quotas } from './quotas';
import type { Removal } from '../store/objects';
import type { StatusSeed } from '../store/records';
import type { Store } from '../store/store';
import { openPatience } from '../validation/patience';
import { BodyError, naming, type EnvelopeLimits } from '../validation/text';

export interface DoorOptions {
  readonly clock: () => Micros;
  /** Of a body, and of the objects in it (T-385). */
  readonly limits: EnvelopeLimits;
  /** Of what waits to be worked off. */
  readonly quotas?: Quotas;
  /** Everything is done before it is answered, and nothing of others is worked off: for a process that ends then. */
  readonly atOnce?: boolean;
  /** Told of what goes on in the background: a part that failed and is tried again, a publication that ended. */
  readonly report: (event: string, details: Record<string, unknown>) => void;
}

/**
 * Bodies above this are looked through when their turn comes: what is found in them is in memory once, beside their bytes.
 * A body is looked through once, which takes 7 µs an object.
 */
const BULKY = 1024 * 1024;

/** The door with its background work. */
export interface OpenDoor extends Door {
  /** Goes on with what earlier processes left unfinished, now and, as they end, from now on. */
  resume(): Promise<void>;
  /** Resolves when nothing is being worked off any more; parts not begun stay for whoever comes next. */
  stop(): Promise<void>;
}

/** @throws {TaxiiError} 422 */
export function envelopeIn(body: Buffer, limits: EnvelopeLimits): Envelope {
  try {
    return openEnvelope(body, limits);
  } catch (error) {
    if (error instanceof BodyError) throw new TaxiiError('unprocessable', error.message);
    throw error;
  }
}

export function openDoor(store: Store, options: DoorOptions): OpenDoor {
  const { clock, limits, report, quotas = QUOTAS, atOnce = false } = options;
  const parsed = new ParsedBudget();
  const group = new Group(store.objects);
  const patience = openPatience();

  /** Access is decided by whoever writes, at the moment of the write. @throws {TaxiiError} */
  async function decide<A extends 'write' | 'remove'>(
    ids: Omit<PublishRequest, 'body'>,
    action: A,
  ): Promise<Scope<A>> {
    const { people, catalog } = store;
    const [principal, channels] = await Promise.all([
      ids.tokenId === undefined
        ? people.principal(ids.principalId)
        : people.token(ids.tokenId).then((holder) => holder?.principal),
      catalog.channels(),
    ]);
    if (!principal)
      throw new TaxiiError('unauthenticated', 'This account, or the token, does not exist any more.');
    return scopeFor(
      principal,
      channels.flatMap((c) => c.collections).find((c) => c.id === ids.collectionId),
      action,
      ids.by,
    );
  }

  const holder = `${hostname()} ${process.pid} ${randomUUID().slice(0, 8)}`;
  const line = new Line({
    store,
    clock,
    limits,
    parsed,
    patience,
    report,
    holder,
    decide: (ids) => decide(ids, 'write'),
  });

  /** All of an envelope, one part after another, in the foreground. */
  async function work(scope: Scope<'write'>, envelope: Envelope): Promise<Status> {
    const status: StatusSeed = { id: uuid(), requested: clock(), total: envelope.members.length };
    const budget = patience.forPublication(scope.principal.organisation.id);
    const parts = { store, objects: group, status, envelope, budget, report };
    const { apiRoot } = scope.collection;
    let now: Status | undefined;
    for (let part = 0; part < envelope.parts.length; part++)
      now = await parsed.for(envelope, part, () => workPart(parts, scope, part));
    const whole =
      envelope.parts.length === 1 ? now : (await store.records.status(apiRoot, status.id))?.status;
    return whole as Status;
  }

  /** Takes a large publication into the line. */
  async function begin(scope: Scope<'write'>, body: Buffer, envelope: Envelope): Promise<Status> {
    await requireRoom(store.records, scope.principal.organisation.id, body.length, quotas);
    const { members, parts } = envelope;
    const status: StatusSeed = { id: uuid(), requested: clock(), total: members.length };
    const requested = formatTimestamp(status.requested);
    const pendings = members.map((span) => ({
      id: span.id ?? '',
      version: statedVersion(naming(span))?.version ?? requested,
    }));
    const sizes = parts.map(({ from, to }) => to - from);
    const pending = await store.records.begin(scope, status, body, pendings, { cut: CUT, sizes });
    line.add(status.id, envelope);
    return pending;
  }

  /** Large ones are taken in one after another: what they are found to hold is in memory once, and quotas count true. */
  const inTurn = oneByOne();

  return {
    async publish({ body, ...who }: PublishRequest) {
      const scope = await decide(who, 'write');
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      const isWorked = ({ parts }: Envelope): boolean => atOnce || parts.length === 1;
      const slight = bytes.length > BULKY ? undefined : envelopeIn(bytes, limits);
      if (slight && isWorked(slight)) return work(scope, slight);
      const taken = await inTurn(async () => {
        const envelope = slight ?? envelopeIn(bytes, limits);
        return isWorked(envelope) ? { envelope } : { pending: await begin(scope, bytes, envelope) };
      });
      return 'pending' in taken ? taken.pending : work(scope, taken.envelope);
    },

    async remove({ objectId, selection, ...who }: RemoveRequest): Promise<Removal> {
      return store.objects.remove(await decide(who, 'remove'), objectId, selection);
    },

    changePassword: (request) => changePassword(store.people, request),

    async resume() {
      line.watch();
    },

    async stop() {
      await group.stop();
      await line.stop();
    },
  };
}
