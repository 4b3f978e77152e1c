/** How much may be parsed at once: parts wait for each other, in the order in which they came. */
import { PART_BYTES, PART_VALUES, type Envelope } from './envelope';

/** In parts of the largest size. */
const MOST_PARTS = 3;

export class ParsedBudget {
  private left = MOST_PARTS;
  private readonly waiting: { readonly weight: number; readonly go: () => void }[] = [];

  private admit(): void {
    for (let first = this.waiting[0]; first && first.weight <= this.left; first = this.waiting[0]) {
      this.left -= first.weight;
      this.waiting.shift();
      first.go();
    }
  }

  /** Works on a part when there is room for it in memory. */
  async for<T>(envelope: Envelope, part: number, work: () => Promise<T>): Promise<T> {
    const { from, to } = envelope.parts[part] ?? { from: 0, to: 0 };
    let [bytes, values] = [0, 0];
    for (let i = from; i < to; i++) {
      const span = envelope.members[i];
      if (!span || span.large) continue;
      bytes += span.end - span.start;
      values += span.values;
    }
    const weight = Math.min(Math.max(bytes / PART_BYTES, values / PART_VALUES), MOST_PARTS);
    await new Promise<void>((go) => {
      this.waiting.push({ weight, go });
      this.admit();
    });
    try {
      return await work();
    } finally {
      this.left += weight;
      // Sums of fractions: nobody at work is all the room there is.
      this.left = Math.min(this.left, MOST_PARTS);
      this.admit();
    }
  }
}
