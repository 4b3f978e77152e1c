/**
 * Publications that wait at the same time are written in one unit of work: the disk is waited for once for all of them.
 * Each keeps a verdict, a status and a failure of its own. A lone one waits for nobody.
 */
import type { Scope } from '../domain/access';
import type { Status } from '../domain/taxii';
import type { ObjectStore } from '../store/objects';
import { PART_SIZE, type Part } from '../store/records';

interface Waiting {
  readonly scope: Scope<'write'>;
  readonly part: Part;
  readonly resolve: (status: Status) => void;
  readonly reject: (error: unknown) => void;
}

export class Group {
  private waiting: Waiting[] = [];
  private running: Promise<void> | undefined;

  constructor(private readonly objects: Pick<ObjectStore, 'append' | 'appendEach'>) {}

  /** {@link ObjectStore.append}, in the order in which it was asked for. */
  append(scope: Scope<'write'>, part: Part): Promise<Status> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ scope, part, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Resolves when nobody waits. */
  async stop(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      // Requests that lie at the door already come along.
      await new Promise((resolve) => setImmediate(resolve));
      await this.write(this.take());
    }
    this.running = undefined;
  }

  /** As many as are one part together, so that nobody waits longer for the lock than for a part. */
  private take(): Waiting[] {
    let [count, members] = [0, 0];
    for (const { part } of this.waiting) {
      members += part.members.length;
      if (count > 0 && members > PART_SIZE) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  private async write(some: readonly Waiting[]): Promise<void> {
    try {
      const [first] = some;
      if (some.length === 1 && first) {
        first.resolve(await this.objects.append(first.scope, first.part));
        return;
      }
      const outcomes = await this.objects.appendEach(some);
      for (const [i, { resolve, reject }] of some.entries()) {
        const outcome = outcomes[i] as PromiseSettledResult<Status>;
        if (outcome.status === 'fulfilled') resolve(outcome.value);
        else reject(outcome.reason);
      }
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }
}
