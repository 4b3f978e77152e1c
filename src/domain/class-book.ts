/** The classes of one collection as somebody knows them, and what was added to them since. */
import type { ClassDefinition, Classes, ClassId } from './audience';

export class ClassBook implements Classes {
  readonly defined = new Map<ClassId, ClassDefinition>();
  /** What was defined here, and stands nowhere yet. */
  readonly fresh = new Map<ClassId, string>();
  private readonly numbers = new Map<string, ClassId>();

  /** @param known by number, as JSON. */
  constructor(known: Iterable<readonly [ClassId, string]> = []) {
    for (const [id, text] of known) this.note(id, text);
  }

  /** The highest number. */
  get last(): ClassId {
    return this.defined.size;
  }

  find(definition: ClassDefinition): ClassId | undefined {
    return this.numbers.get(JSON.stringify(definition));
  }

  define(definition: ClassDefinition): ClassId {
    const text = JSON.stringify(definition);
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    const id = this.last + 1;
    this.note(id, text);
    this.fresh.set(id, text);
    return id;
  }

  private note(id: ClassId, text: string): void {
    this.defined.set(id, JSON.parse(text) as ClassDefinition);
    this.numbers.set(text, id);
  }
}
