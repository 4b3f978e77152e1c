/**
 * THE LINE: large publications that were accepted and wait in the store, worked off part by part.
 *
 * The store is the line: a process holds of it only the one publication whose turn it is, and a lease on it. Whoever
 * has least lately been served is next, so that organisations and publications take turns; a lease that ran out is
 * anybody's, so that what a process left behind goes on in another within seconds. Leases are courtesy: a part that two
 * work at once is appended once (Part.number). Nothing that goes wrong here ends the process.
 */
import type { Scope } from '../domain/access';
import { SERVER } from '../domain/actor';
import { StoreUnavailable, TaxiiError } from '../domain/errors';
import type { Micros } from '../domain/timestamp';
import { openEnvelope, type Cut, type Envelope } from './envelope';
import type { ParsedBudget } from './parsed';
import { failPart, workPart } from './part';
import { leaseOf, type Unfinished } from '../store/records';
import type { Store } from '../store/store';
import type { Budget, Patience } from '../validation/patience';
import { BodyError, type EnvelopeLimits } from '../validation/text';

/** A lease is believed for so long after the last word from its holder, in µs. */
export const LEASE: Micros = 10e6;
const HEARTBEAT_MS = 3000;
/** How often it is looked for what others left behind. */
const LOOK_MS = 2000;
/** How long the line waits after the store was out of reach. */
const RETRY_MS = 1000;
/** Parts in a row while others wait: opening a body costs about as much as a part of it. */
const TURN = 10;
/** A part is tried so often; then its members fail. */
const MOST_TRIES = 3;
/** So many processes may set about a part and not come back from it; then its members fail, and it is not opened again. */
const MOST_LIVES = 5;

export interface LineDeps {
  readonly store: Store;
  readonly clock: () => Micros;
  readonly limits: EnvelopeLimits;
  readonly parsed: ParsedBudget;
  readonly patience: Patience;
  readonly report: (event: string, details: Record<string, unknown>) => void;
  /** Decides access anew. @throws {TaxiiError} the right to publish is gone. */
  readonly decide: (
    ids: Pick<Unfinished, 'principalId' | 'tokenId' | 'collectionId'>,
  ) => Promise<Scope<'write'>>;
  /** Who works here, for operators. */
  readonly holder: string;
}

interface Open {
  readonly id: string;
  readonly envelope: Envelope;
  /** A part that too many processes did not come back from. */
  readonly fatal: number | undefined;
}

const ownerOf = (work: Unfinished): string => work.organisationId ?? work.principalId;

type Outcome = 'goes on' | 'ended';

export class Line {
  private running: Promise<void> | undefined;
  private stopping = false;
  /** Something was added since it was looked last. */
  private called = false;
  private looking: NodeJS.Timeout | undefined;
  private wake: () => void = () => undefined;
  /** The publication whose turn it is. */
  private open: Open | undefined;
  /** What came while nobody waited: its turn is next, and it need not be read again. */
  private added: Pick<Open, 'id' | 'envelope'> | undefined;
  /** When each was served last, in turns: publications and organisations. */
  private readonly served = new Map<string, number>();
  private turns = 0;
  /** How often the next part of a publication has failed. */
  private readonly tries = new Map<string, number>();
  /** The part of each that this process has said it sets about, and how many have. */
  private readonly lives = new Map<string, { readonly part: number; readonly count: number }>();
  /** What each publication may still take for schemas that strangers brought. */
  private readonly budgets = new Map<string, Budget>();

  constructor(private readonly deps: LineDeps) {}

  /** Works off whatever waits, if nobody is at it already. */
  start(): void {
    this.called = true;
    if (this.stopping) return;
    this.running ??= this.run().finally(() => {
      this.running = undefined;
      if (this.called && !this.stopping) this.start();
    });
  }

  /** Works off what has just been accepted. */
  add(id: string, envelope: Envelope): void {
    this.added = this.running ? undefined : { id, envelope };
    this.start();
  }

  /** Looks for work now, and every few seconds from now on. */
  watch(): void {
    this.start();
    this.looking ??= setInterval(() => this.start(), LOOK_MS).unref();
  }

  /** Resolves when nothing is being worked any more. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearInterval(this.looking);
    this.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      this.called = false;
      try {
        const work = await this.next();
        if (!work) break;
        await this.turn(work);
      } catch (error) {
        this.deps.report('line failed', { error: String(error) });
        await this.pause();
      }
    }
    this.open = undefined;
    this.added = undefined;
  }

  private async pause(): Promise<void> {
    if (this.stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, RETRY_MS).unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Takes the lease of whoever was served least lately. */
  private async next(): Promise<Unfinished | undefined> {
    const { store, clock, holder } = this.deps;
    const all = await store.records.unfinished();
    const ids = new Set(all.flatMap((u) => [u.status.id, ownerOf(u)]));
    for (const id of this.served.keys()) if (!ids.has(id)) this.served.delete(id);
    for (const known of [this.tries, this.lives, this.budgets])
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    const last = (id: string): number => this.served.get(id) ?? 0;
    const free = all.filter(({ lease }) => !lease || lease.holder === holder || lease.until <= clock());
    free.sort((a, b) => last(ownerOf(a)) - last(ownerOf(b)) || last(a.status.id) - last(b.status.id));
    for (const work of free) if (await this.lease(work.status.id)) return work;
    return undefined;
  }

  private async lease(id: string): Promise<boolean> {
    const { store, clock, holder } = this.deps;
    return (await store.house.lease(leaseOf(id), holder, clock(), clock() + LEASE)) !== undefined;
  }

  /** Some parts of a publication. */
  private async turn(work: Unfinished): Promise<void> {
    const { id } = work.status;
    this.turns++;
    this.served.set(id, this.turns);
    this.served.set(ownerOf(work), this.turns);
    const heartbeat = setInterval(() => void this.lease(id).catch(() => undefined), HEARTBEAT_MS).unref();
    try {
      for (let part = work.partsDone; part < work.partsDone + TURN && !this.stopping; part++) {
        if ((await this.advance(work, part)) === 'ended') break;
        // Requests that came meanwhile go first.
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      clearInterval(heartbeat);
      await this.deps.store.house.release(leaseOf(id), this.deps.holder);
    }
  }

  private async advance(work: Unfinished, number: number): Promise<Outcome> {
    const { store, report } = this.deps;
    const { id } = work.status;
    try {
      const scope = await this.deps.decide(work);
      const open = await this.opened(work);
      if (!open) return 'ended';
      const { envelope } = open;
      const tried = this.tries.get(id) ?? 0;
      const budget = this.budgets.get(id) ?? this.deps.patience.forPublication(ownerOf(work));
      this.budgets.set(id, budget);
      const part = { store, objects: store.objects, status: work.status, envelope, budget, report };
      const status = await this.deps.parsed.for(envelope, number, () =>
        (tried < MOST_TRIES && number !== open.fatal ? workPart : failPart)(part, scope, number),
      );
      this.tries.delete(id);
      if (status.status === 'pending') return 'goes on';
      const counts = { success: status.success_count, failure: status.failure_count };
      report('publication complete', { status: id, ...counts });
      return 'ended';
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      const tried = (this.tries.get(id) ?? 0) + 1;
      this.tries.set(id, tried);
      if (error instanceof TaxiiError) await this.abandon(id, `ACCESS: ${error.message}`);
      else if (error instanceof BodyError) await this.abandon(id, error.message);
      else if (tried > MOST_TRIES + 1) await this.abandon(id, `FAULT: the server could not go on with it.`);
      else report('part failed', { status: id, part: number, tried, error: String(error) });
      return 'ended';
    }
  }

  private async abandon(id: string, message: string): Promise<void> {
    await this.deps.store.records.abandon(id, message, SERVER);
    this.deps.report('publication abandoned', { status: id, reason: message });
  }

  /** What ends a process is not thrown: it is counted in the store, by each process once. */
  private async livesOf({ status: { id }, partsDone: part }: Unfinished): Promise<number> {
    const known = this.lives.get(id);
    if (known?.part === part) return known.count;
    const count = await this.deps.store.records.setAbout(id, part);
    this.lives.set(id, { part, count });
    return count;
  }

  private async read(id: string, cut: Cut): Promise<Envelope | undefined> {
    const bytes = await this.deps.store.records.publication(id);
    // What was accepted once is read without today's limits on bodies, which may be lower.
    return bytes && openEnvelope(bytes, { ...this.deps.limits, accepted: true }, cut);
  }

  /** Opens a publication in place of the one before; undefined if it is finished by now. */
  private async opened(work: Unfinished): Promise<Open | undefined> {
    const { cut } = work;
    const { id } = work.status;
    if (this.open?.id === id) return this.open;
    this.open = undefined;
    const lives = await this.livesOf(work);
    if (lives > MOST_LIVES + 1) {
      await this.abandon(id, 'FAULT: the server ended several times while it worked on this publication.');
      return undefined;
    }
    const added = this.added;
    this.added = undefined;
    const envelope = added?.id === id ? added.envelope : await this.read(id, cut as Cut);
    if (!envelope) return undefined;
    return (this.open = { id, envelope, fatal: lives > MOST_LIVES ? work.partsDone : undefined });
  }
}
