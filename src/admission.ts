/** Who gets in: each member of an envelope becomes a candidate for the store, or a refusal that says why. */
import type { Scope } from './domain/access';
import { acceptsType, type Collection } from './domain/channel';
import type { Member } from './domain/publication';
import { groupOf, specVersionOf, statedVersion, type StixObject } from './domain/stix';
import { formatTimestamp, type Micros } from './domain/timestamp';
import { definitionRank, fixedRank, marksOf } from './domain/tlp';
import type { Held, Store } from './store/store';
import { referencesOf } from './validation/bundle';
import { canonicalDigest } from './validation/canonical';
import { checkExtension, extensionIds } from './validation/extension';
import { checkObject } from './validation/object';
import { applyPolicy } from './validation/policy';
import type { Member as RawMember } from './validation/text';
import { checkTranslation } from './validation/translation';
import { describe, shown, summarise, type Finding, type Verdict } from './validation/verdict';

/** The members of an envelope by id, for the others in it. */
export type Beside = Pick<ReadonlyMap<string, readonly StixObject[]>, 'get' | 'has'>;

/** What objects are looked at beside: the rest of their envelope, and what the collection holds that concerns them. */
interface Surroundings {
  readonly envelope: Beside;
  readonly held: ReadonlyMap<string, readonly Held[]>;
  readonly known: ReadonlySet<string>;
}

const isTranslation = (object: StixObject): boolean =>
  object['type'] === 'language-content' && typeof object['object_ref'] === 'string';

/** Versions of an object that are at hand, those of the envelope first; `trusted` if their word binds everyone. */
function atHand({ envelope, held }: Surroundings, id: string): { object: StixObject; trusted: boolean }[] {
  return [
    ...(envelope.get(id) ?? []).map((object) => ({ object, trusted: true })),
    ...(held.get(id) ?? []).map(({ text, trusted }) => ({ object: JSON.parse(text) as StixObject, trusted })),
  ];
}

/** What takes more than the object itself (rules §14): extensions, translations, references. */
function checkAmong(object: StixObject, collection: Collection, around: Surroundings): Verdict {
  const errors: Finding[] = [];
  const warnings: Finding[] = [];
  for (const id of extensionIds(object)) {
    const definition = atHand(around, id)[0];
    const finding = definition && checkExtension(object, id, definition.object);
    if (finding) (definition.trusted ? errors : warnings).push(finding);
  }
  if (isTranslation(object)) {
    const targets = atHand(around, String(object['object_ref'])).map((t) => t.object);
    warnings.push(...checkTranslation(object, targets));
  }
  if (collection.policy.references === 'known') {
    for (const { at, id } of referencesOf(object)) {
      if (around.envelope.has(id) || around.known.has(id) || fixedRank(id) !== undefined) continue;
      const pointer = at.map((step) => `/${step}`).join('');
      const expected = 'an object that this collection or the same envelope holds';
      errors.push({ rule: 'B-REFS', pointer, found: shown(id), expected });
    }
  }
  return { errors, warnings };
}

function admit(raw: RawMember, collection: Collection, requested: Micros, around: Surroundings): Member {
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
  return {
    candidate: {
      id,
      type,
      spec,
      stated,
      digest: canonicalDigest(object),
      marks: marksOf(object),
      definition: type === 'marking-definition' ? definitionRank(object) : undefined,
      createdBy: text('created_by_ref'),
      created: text('created'),
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
  const known =
    collection.policy.references === 'known' ? objects.flatMap((o) => referencesOf(o).map((r) => r.id)) : [];
  return { held: [...new Set(held)], known: [...new Set(known)] };
}

/**
 * Judges members of an envelope, in their order.
 *
 * @param envelope what the whole publication holds. @param failed what becomes of a member that brought about something
 *   unexpected: it concerns that member alone.
 */
export async function admitAll(
  store: Store,
  scope: Scope<'write'>,
  members: readonly RawMember[],
  envelope: Beside,
  requested: Micros,
  failed: (member: RawMember, error: unknown) => Member,
): Promise<Member[]> {
  const { held, known } = wanted(members, scope.collection);
  const around: Surroundings = {
    envelope,
    held: held.length === 0 ? new Map() : await store.objects.lookup(scope, held),
    known: known.length === 0 ? new Set() : await store.objects.known(scope, known),
  };
  return members.map((member) => {
    try {
      return admit(member, scope.collection, requested, around);
    } catch (error) {
      return failed(member, error);
    }
  });
}
