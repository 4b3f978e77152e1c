/** What is asked of a thread, until it answers or ends. */
import { randomUUID } from 'node:crypto';
import { StoreUnavailable } from '../domain/errors';
import { toError, type Failure } from './failure';

/** What a thread says to one question. */
export type Answer =
  { readonly id: string; readonly value: unknown } | { readonly id: string; readonly failure: Failure };

export class Calls {
  private readonly waiting = new Map<
    string,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();

  /** @param ended what whoever waits is told when the thread ends. */
  constructor(private readonly ended: string) {}

  /** @param send hands the question over. @returns what the thread answers. @throws what it failed with. */
  ask<T>(send: (id: string) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const id = randomUUID();
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      send(id);
    });
  }

  settle(answer: Answer): void {
    const call = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if ('failure' in answer) call?.reject(toError(answer.failure));
    else call?.resolve(answer.value);
  }

  /** What is told of a thread that is not there. */
  over(cause?: unknown): StoreUnavailable {
    return new StoreUnavailable(this.ended, { cause });
  }

  /** The thread ended. */
  fail(cause: unknown): void {
    for (const { reject } of this.waiting.values()) reject(this.over(cause));
    this.waiting.clear();
  }
}
