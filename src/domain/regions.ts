/**
 * What is answered to whom, where an object had several audiences (D14): for each way to belong to some of their classes and
 * not to the others, a range of ranks. Objects of one audience, nearly all there are, have two such ways.
 */
import { definitionOf, EVERYONE, type Cell, type Classes, type ClassId } from './audience';

/** Half-open range [low, high) of ranks; 0 is the empty one. In a class: {@link inClass}. */
export type Range = number;
const BASE = 8;
const RANGES = BASE * BASE;

export const range = (low: number, high: number): Range => (low < high ? low * BASE + high : 0);
export const low = (r: Range): number => Math.floor((r % RANGES) / BASE);
export const high = (r: Range): number => r % BASE;
export const classIn = (r: Range): ClassId => Math.floor(r / RANGES);
const ranksIn = (r: Range): Range => r % RANGES;
/** A range for a class; the first and the last number of a class are {@link spanOf}. */
export const inClass = (id: ClassId, r: Range): Range => (r === 0 ? 0 : id * RANGES + r);
/** What lies strictly between is all ranges of a class. */
export const spanOf = (id: ClassId): { readonly from: Range; readonly to: Range } => ({
  from: id * RANGES,
  to: (id + 1) * RANGES,
});

/** One way to belong: bit i is set for who is in class i of the space. */
type Atom = number;

/** All ways to belong to some classes. */
export class Space {
  readonly atoms: readonly Atom[];

  constructor(
    private readonly rules: readonly ClassId[],
    private readonly classes: Classes,
  ) {
    this.atoms = Array.from({ length: 2 ** rules.length }, (_, atom) => atom);
  }

  /** Whether a version of a class is seen in an atom, ranks aside. */
  shows(audience: ClassId, atom: Atom): boolean {
    return audience === EVERYONE || (atom & this.bitOf(audience)) !== 0;
  }

  /** @returns for each atom the ranks. */
  read(r: Range): Range[] {
    const id = classIn(r);
    const ranks = ranksIn(r);
    if (id === EVERYONE) return this.atoms.map(() => ranks);
    const definition = definitionOf(this.classes, id);
    if (!('cells' in definition)) return this.atoms.map((atom) => (this.shows(id, atom) ? ranks : 0));
    return this.atoms.map((atom) => {
      const cell = definition.cells.find(
        (c) => c.in.every((rule) => this.shows(rule, atom)) && !c.out.some((rule) => this.shows(rule, atom)),
      );
      return cell ? range(cell.low, cell.high) : 0;
    });
  }

  /** The same as one number: the same for the same, whatever the space. @param ranks for each atom. */
  write(ranks: readonly Range[]): Range {
    const some = ranks.find((r) => r !== 0);
    if (some === undefined) return 0;
    if (ranks.every((r) => r === some)) return some;
    const rule = this.rules.find((id) =>
      this.atoms.every((atom) => ranks[atom] === (this.shows(id, atom) ? some : 0)),
    );
    if (rule !== undefined) return inClass(rule, some);
    // A class that makes no difference is not named.
    const telling = this.rules
      .filter((id) => this.atoms.some((atom) => ranks[atom] !== ranks[atom ^ this.bitOf(id)]))
      .sort((a, b) => a - b);
    const rest = this.rules.filter((id) => !telling.includes(id));
    const cells = this.atoms
      .filter((atom) => ranks[atom] !== 0 && !rest.some((id) => this.shows(id, atom)))
      .map((atom): Cell => ({
        in: telling.filter((id) => this.shows(id, atom)),
        out: telling.filter((id) => !this.shows(id, atom)),
        low: low(ranks[atom] as Range),
        high: high(ranks[atom] as Range),
      }))
      .sort((a, b) => (a.in.join() < b.in.join() ? -1 : 1));
    const whole = range(Math.min(...cells.map((c) => c.low)), Math.max(...cells.map((c) => c.high)));
    return inClass(this.classes.define({ cells }), whole);
  }

  private bitOf(rule: ClassId): number {
    const at = this.rules.indexOf(rule);
    return at < 0 ? 0 : 1 << at;
  }
}

/** The rules by which classes tell who is meant. */
export function rulesOf(ids: Iterable<ClassId>, classes: Classes): ClassId[] {
  const found = new Set<ClassId>();
  for (const id of new Set(ids)) {
    if (id === EVERYONE) continue;
    const definition = definitionOf(classes, id);
    if (!('cells' in definition)) found.add(id);
    else for (const cell of definition.cells) for (const rule of [...cell.in, ...cell.out]) found.add(rule);
  }
  return [...found].sort((a, b) => a - b);
}
