/** When tokens were used, gathered in memory and written down now and then by who may write. */
import type { Micros } from '../domain/timestamp';
import type { TokenUse } from '../store/house';

export class Uses {
  private readonly last = new Map<string, Micros>();

  /** A token was verified. */
  note(id: string, at: Micros): void {
    this.last.set(id, at);
  }

  /** What was noted since the last call. */
  take(): readonly TokenUse[] {
    const taken = Array.from(this.last, ([id, at]): TokenUse => ({ id, at }));
    this.last.clear();
    return taken;
  }
}
