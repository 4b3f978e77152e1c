/** The bytes of bodies that may be in memory at once, and how many of them one account and one organisation may hold. */
import type { Principal } from '../domain/access';
import { TaxiiError } from '../domain/errors';

/**
 * Bodies of the largest size that all may hold together, those of one organisation, those of one account (T-385). With
 * more of one account, one hostile partner fills what a small server has.
 */
const ALL = 4;
const OF_ORGANISATION = 2;
const OF_PRINCIPAL = 1;

const RETRY = { 'Retry-After': '5' };

export class BodyBudget {
  private readonly held = new Map<string, number>();

  constructor(private readonly mostBytes: number) {}

  /** @throws {TaxiiError} 503 if so many bytes more are beyond a share now. They are not taken. */
  require(principal: Principal, bytes: number): void {
    for (const { key, most, what } of this.shares(principal)) {
      if ((this.held.get(key) ?? 0) + bytes > most)
        throw new TaxiiError(
          'unavailable',
          `Too much is being published at once ${what}. Try again in a few seconds, one body after another.`,
          RETRY,
        );
    }
  }

  /** @throws {TaxiiError} 503, and nothing was taken. */
  take(principal: Principal, bytes: number): void {
    this.require(principal, bytes);
    this.add(principal, bytes);
  }

  give(principal: Principal, bytes: number): void {
    this.add(principal, -bytes);
  }

  /** Bytes that are held by all. */
  get inUse(): number {
    return this.held.get('') ?? 0;
  }

  private add(principal: Principal, bytes: number): void {
    for (const { key } of this.shares(principal)) {
      const now = (this.held.get(key) ?? 0) + bytes;
      if (now > 0) this.held.set(key, now);
      else this.held.delete(key);
    }
  }

  private shares({ id, organisation }: Principal): readonly { key: string; most: number; what: string }[] {
    return [
      { key: `principal ${id}`, most: OF_PRINCIPAL * this.mostBytes, what: 'by this account' },
      {
        key: `organisation ${organisation.id}`,
        most: OF_ORGANISATION * this.mostBytes,
        what: 'by this organisation',
      },
      { key: '', most: ALL * this.mostBytes, what: 'on this server' },
    ];
  }
}
