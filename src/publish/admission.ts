/** Who gets in: each member of an envelope becomes a candidate for the store, or a refusal that says why. */
import type { Scope } from '../domain/access';
import { acceptsType, type Collection } from '../domain/channel';
import type { Member } from '../domain/publication';
import { groupOf, specVersionOf, statedVersion, type StixObject } from '../domain/stix';
import { formatTimestamp, type Micros } from '../domain/timestamp';
import { definitionRank, fixedRank, marksOf } from '../domain/tlp';
import type { Held } from '../store/objects';
import type { Store } from '../store/store';
import { referencesOf } from '../validation/bundle';
import { canonicalDigest, writtenDigest } from '../validation/canonical';
import { checkExtension, extensionIds } from '../validation/extension';
import { checkObject } from '../validation/object';
import { audienceOf } from '../validation/originator-control';
import type { Budget } from '../validation/patience';
import { applyPolicy } from '../validation/policy';
import type { RawMember } from '../validation/text';
import { checkTranslation } from '../validation/translation';
import { describe, MOST_FINDINGS, shown, summarise, type Finding, type Verdict } from '../validation/verdict';

/** The members of an envelope by id, for the others in it. */
export type Beside = Pick<ReadonlyMap<string, readonly StixObject[]>, 'get' | 'has'>;

/** What objects are looked at beside: the rest of their envelope, and what the collection holds that concerns them. */
interface Neighbours {
  readonly envelope: Beside;
  readonly held: ReadonlyMap<string, readonly Held[]>;
  readonly known: ReadonlySet<string>;
  readonly budget: Budget;
}

const isTranslation = (object: StixObject): boolean =>
  object['type'] === 'language-content' && typeof object['object_ref'] === 'string';

/** What was held, parsed once for all who ask in one part. */
const parsed = new WeakMap<Held, StixObject>();
function objectOf(held: Held): StixObject {
  const object = parsed.get(held) ?? (JSON.parse(held.text) as StixObject);
  parsed.set(held, object);
  return object;
}

/** Versions of an object that are at hand, those of the envelope first; `trusted` if their word binds everyone. */
function* atHand(
  { envelope, held }: Neighbours,
  id: string,
): Generator<{ object: StixObject; trusted: boolean }> {
  for (const object of envelope.get(id) ?? []) yield { object, trusted: true };
  for (const one of held.get(id) ?? []) yield { object: objectOf(one), trusted: one.trusted };
}

/** What takes more than the object itself (rules §14): extensions, translations, references. */
function checkAmong(object: StixObject, collection: Collection, around: Neighbours): Verdict {
  const errors: Finding[] = [];
  const warnings: Finding[] = [];
  for (const id of extensionIds(object)) {
    const [definition] = atHand(around, id);
    const finding = definition && checkExtension(object, id, definition.object, around.budget);
    if (finding) (definition.trusted ? errors : warnings).push(finding);
  }
  if (isTranslation(object)) {
    const targets = Array.from(atHand(around, String(object['object_ref'])), (t) => t.object);
    warnings.push(...checkTranslation(object, targets));
  }
  if (collection.policy.references === 'known') {
    for (const { at, id } of referencesOf(object)) {
      if (errors.length === MOST_FINDINGS) break;
      if (around.envelope.has(id) || around.known.has(id) || fixedRank(id) !== undefined) continue;
      const pointer = at.map((step) => `/${step}`).join('');
      const expected = 'an object that this collection or the same envelope holds';
      errors.push({ rule: 'B-REFS', pointer, found: shown(id), expected });
    }
  }
  return { errors, warnings };
}

function admit(raw: RawMember, collection: Collection, requested: Micros, around: Neighbours): Member {
  const { object, id, type } = raw;
  const stated = statedVersion(object);
  const refuse = (message: string): Member => ({
    refused: { id, version: stated?.version ?? formatTimestamp(requested), message },
  });
  if (raw.problem) return refuse(describe(raw.problem));
  const spec = specVersionOf(object);
  if (!(collection.specVersions as readonly string[]).includes(spec)) {
    return refuse(
      `SPEC at /spec_version: STIX ${spec.slice(0, 20)} is not taken here; this collection takes ${collection.specVersions.join(' and ')}.`,
    );
  }
  const { policy } = collection;
  const own = checkObject(object, {
    specVersion: spec === '2.0' ? '2.0' : '2.1',
    legacy: policy.legacy,
  });
  const audience = audienceOf(object);
  if ('wrong' in audience) return refuse(summarise([audience.wrong]).join('\n'));
  const among = own.errors.length === 0 ? checkAmong(object, collection, around) : own;
  const { errors, warnings } = applyPolicy(
    own === among ? own : { errors: among.errors, warnings: [...own.warnings, ...among.warnings] },
    policy,
  );
  if (errors.length > 0) return refuse(summarise(errors).join('\n'));
  if (!acceptsType(collection, type)) {
    return refuse(
      `TYPE at /type: this collection does not take ${type}; it takes ${collection.types.join(', ')}.`,
    );
  }
  const text = (name: string): string | undefined =>
    typeof object[name] === 'string' ? object[name] : undefined;
  let written: { readonly digest: string | undefined } | undefined;
  return {
    candidate: {
      id,
      type,
      spec,
      stated,
      digest: canonicalDigest(object),
      // Nearly no object is held against another.
      get written() {
        return (written ??= { digest: writtenDigest(object) }).digest;
      },
      marks: marksOf(object),
      definition: type === 'marking-definition' ? definitionRank(object) : undefined,
      createdBy: text('created_by_ref'),
      created: text('created'),
      audience: audience.said,
      revoked: object['revoked'] === true,
      ownerless: groupOf(type) === 'SCO',
      text: raw.text,
      warnings: summarise(warnings),
    },
  };
}

/** Ids that members are looked at beside. */
function wanted(members: readonly RawMember[], collection: Collection): { held: string[]; known: string[] } {
  const objects = members.filter((m) => !m.problem).map((m) => m.object);
  const held = objects.flatMap((o) => [
    ...extensionIds(o),
    ...(isTranslation(o) ? [String(o['object_ref'])] : []),
  ]);
  // A member that cannot be walked is refused when its turn comes.
  const referred = (object: StixObject): string[] => {
    try {
      return referencesOf(object).map((r) => r.id);
    } catch {
      return [];
    }
  };
  const known = collection.policy.references === 'known' ? objects.flatMap(referred) : [];
  return { held: [...new Set(held)], known: [...new Set(known)] };
}

/**
 * Judges members of an envelope, in their order.
 *
 * @param envelope what the whole publication holds.
 * @param budget what the whole publication may take for schemas that strangers brought.
 * @param failed what becomes of a member that brought about something unexpected: it concerns that member alone.
 */
export async function admitAll(
  store: Store,
  scope: Scope<'write'>,
  members: readonly RawMember[],
  envelope: Beside,
  requested: Micros,
  budget: Budget,
  failed: (member: RawMember, error: unknown) => Member,
): Promise<Member[]> {
  const { held, known } = wanted(members, scope.collection);
  const around: Neighbours = {
    envelope,
    held: held.length === 0 ? new Map() : await store.objects.lookup(scope, held),
    known: known.length === 0 ? new Set() : await store.objects.known(scope, known),
    budget,
  };
  return members.map((member) => {
    try {
      return admit(member, scope.collection, requested, around);
    } catch (error) {
      return failed(member, error);
    }
  });
}
