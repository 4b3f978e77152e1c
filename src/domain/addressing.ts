/** For whom a version is published (D14): by what its originator says in it, has said of its id before, or says of all. */
import type { Organisation } from './access';
import {
  EVERYONE,
  isMeant,
  MOST_LEFT_EACH,
  MOST_MEETING,
  MOST_READDRESSED,
  MOST_RULES,
  MOST_RULES_EACH,
  ruleBy,
  sees,
  type AudienceRule,
  type AudienceSaid,
  type Classes,
  type ClassId,
  type Reader,
} from './audience';
import type { RankedVersion } from './entries';

/** What of a collection audiences are told by. */
export interface Audiences {
  readonly reader: Reader;
  readonly classes: Classes;
  /** What an owner said last of who may see its object; undefined: nothing. It outlives the versions. */
  readonly word: (owner: string) => ClassId | undefined;
  /** The rules by which an owner's versions of the object, and their entries, tell who is meant. */
  readonly rules: (owner: string) => readonly ClassId[];
  /** Whether more versions of the publisher's organisation stand under the id than {@link MOST_READDRESSED}. */
  readonly isMany: boolean;
}

export type Addressing =
  | {
      readonly outcome: 'addressed';
      /** undefined: everyone. */
      readonly to: AudienceRule | undefined;
      /** Whether what stands of the owner's is for others, and becomes the same. */
      readonly changes: boolean;
      /** Whether that is the owner's word from now on. */
      readonly speaks: boolean;
    }
  | { readonly outcome: 'refused'; readonly message: string };

const PLACE = 'AUDIENCE at /extensions';
const refused = (why: string): Addressing => ({ outcome: 'refused', message: `${PLACE}: ${why}` });
const NOT_YOURS =
  'who may see this object is for the organisation to say that it belongs to. Leave the audience out, or repeat it as it is.';
const NOT_NEWEST =
  'a newer version is held, and who may see the object is for the newest to say. Say it in a version that is newer than that, or leave it out here.';
const TOO_OFTEN =
  'your organisation has changed who may see its objects here too often to tell who has them already. Publish it under an id of its own, and remove or revoke this one.';
const TOO_MANY = `your organisation holds more than ${MOST_READDRESSED} versions under this id, too many to change who sees them. Remove old ones first, or publish it under an id of its own.`;

const TO_EVERYONE: Addressing = { outcome: 'addressed', to: undefined, changes: false, speaks: false };

/** The number of a class that is not defined yet, for comparisons. */
const NEW: ClassId = -1;
export const numberOf = (to: AudienceRule | undefined, classes: Classes): ClassId =>
  to === undefined ? EVERYONE : (classes.find(to) ?? NEW);

/**
 * What the publisher is told follows from what it may see, and from what its own organisation has said.
 *
 * @param said in the object; undefined: nothing. @param isOlder whether a version is newer than what comes.
 * @param owner the id of the organisation to which it will belong. @param standing all that stands of the id.
 */
export function addressed(
  { said, isOlder }: { said: AudienceSaid | undefined; isOlder: (than: RankedVersion) => boolean },
  publisher: Organisation,
  owner: string,
  standing: readonly RankedVersion[],
  audiences: Audiences,
): Addressing {
  const { reader, classes } = audiences;
  if (said === undefined && publisher.audience === undefined && classes.defined.size === 0)
    return TO_EVERYONE;
  const own = standing.filter((v) => v.owner === owner && isMeant(reader, v));
  const word = audiences.word(owner);
  const rules = audiences.rules(owner);
  const isSpent = (): boolean => cellsBy(owner, classes) >= MOST_LEFT_EACH;
  const asBefore = (): Addressing => {
    if (rules.length > 1 && isSpent()) return refused(TOO_OFTEN);
    // The numbers of versions are rules.
    const to = classes.defined.get(word ?? EVERYONE) as AudienceRule | undefined;
    return { outcome: 'addressed', to, changes: false, speaks: false };
  };

  const isFirst = word === undefined && own.length === 0;
  const words = said ?? (isFirst && owner === publisher.id ? publisher.audience : undefined);
  if (words === undefined) return asBefore();
  // What was for some once stays apart from what others publish under the id, also when it is for everyone again.
  const to = ruleBy(owner, words) ?? (word === undefined ? undefined : { by: owner });
  if (numberOf(to, classes) === (word ?? EVERYONE)) return asBefore();
  if (publisher.id !== owner) return refused(NOT_YOURS);
  if (own.some(isOlder)) {
    if (own.some((v) => isOlder(v) && sees(reader, v))) return refused(NOT_NEWEST);
    // Of the newer one the publisher does not know: what both are for is nobody but their organisation.
    return { outcome: 'addressed', to: { by: owner, only: {} }, changes: false, speaks: false };
  }
  const changes = own.length > 0;
  if (changes && audiences.isMany) return refused(TOO_MANY);
  const meeting = new Set([...rules, numberOf(to, classes)]);
  if (changes && (meeting.size > MOST_MEETING || isSpent())) return refused(TOO_OFTEN);
  return limited(to, classes) ?? { outcome: 'addressed', to, changes, speaks: to !== undefined };
}

/**
 * Whether what comes may be for others than what stands of its publisher's: then all of that is looked at.
 *
 * @param standing what is known to stand of the id. @param word what its organisation said last of it.
 */
export function mayReaddress(
  said: AudienceSaid | undefined,
  publisher: Organisation,
  standing: readonly RankedVersion[],
  classes: Classes,
  word: () => ClassId | undefined,
): boolean {
  const words = said ?? publisher.audience;
  if (words === undefined || standing.length === 0) return false;
  const before = word();
  if (said === undefined && before !== undefined) return false;
  return numberOf(ruleBy(publisher.id, words), classes) !== (before ?? EVERYONE);
}

/** What was left of an organisation's rules. */
function cellsBy(owner: string, { defined }: Classes): number {
  let count = 0;
  for (const definition of defined.values()) {
    if (!('cells' in definition)) continue;
    const [rule] = definition.cells.flatMap((cell) => [...cell.in, ...cell.out]);
    const by = rule === undefined ? undefined : defined.get(rule);
    if (by && 'by' in by && by.by === owner) count++;
  }
  return count;
}

/** For everyone or for nobody: an organisation has these two beside its others. */
const isPlain = ({ only, not }: AudienceRule): boolean =>
  not === undefined && (only === undefined || Object.keys(only).length === 0);

/** Each rule is looked for by every page of who belongs to it: what one organisation may add to a collection is bounded. */
function limited(rule: AudienceRule | undefined, classes: Classes): Addressing | undefined {
  if (!rule || classes.find(rule) !== undefined || isPlain(rule)) return undefined;
  const rules = [...classes.defined.values()].filter((definition) => !('cells' in definition));
  const own = rules.filter((d) => 'by' in d && d.by === rule.by && !isPlain(d)).length;
  if (own < MOST_RULES_EACH && rules.length < MOST_RULES) return undefined;
  return refused(
    `your organisation has named ${own} different audiences in this collection, which holds ${MOST_RULES_EACH} of each and ${MOST_RULES} in all. Name one of those that it has.`,
  );
}
