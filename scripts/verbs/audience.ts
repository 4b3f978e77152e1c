import { scopeFor, type Organisation, type Principal } from '../../src/domain/access';
import type { Collection } from '../../src/domain/channel';
import { OperatorError } from '../../src/domain/errors';
import { audienceInWords, reads, type Disclosed } from '../../src/domain/reading';
import { tlpName } from '../../src/domain/tlp';
import { organisationNames } from '../../src/operations/explain-object';
import { Foresight } from '../../src/publish/foresee';
import { findFiles, readStix } from '../input/stix-files';
import { LIMITS } from '../local/local-door';
import { actingAs, allowed, collectionNamed } from '../local/select';
import { table, UsageError, type Verb } from '../verb';

/** Objects that are looked at in one go. */
const BATCH = 500;

interface Seen {
  readonly organisation: Organisation;
  readonly accounts: readonly string[];
}

/** Who would see it, by organisation. */
function seenBy(disclosed: Disclosed, collection: Collection, principals: readonly Principal[]): Seen[] {
  const found = new Map<string, { organisation: Organisation; accounts: string[] }>();
  for (const principal of principals.filter((p) => reads(p, collection, disclosed))) {
    const { organisation, name } = principal;
    const seen = found.get(organisation.id) ?? { organisation, accounts: [] };
    seen.accounts.push(name);
    found.set(organisation.id, seen);
  }
  return [...found.values()].sort((a, b) => (a.organisation.name < b.organisation.name ? -1 : 1));
}

export const audience: Verb = {
  name: 'audience',
  summary: 'say who would see objects, before they are published',
  help: `jisr audience ROOT/ALIAS FILE… [--as LOGIN] [--json]

Judges the objects of STIX files as if the account published them, and lists the organisations that would see them: by
what the objects say of their level and their audience, by what their organisation says of all it publishes, and by what
stands of their ids. Nothing is written. Ends with 1 if an object would be refused.

  --as LOGIN         publish as this account; default: the first operator's

Example:
  jisr audience europe/indicators bundle.json --as desk`,
  options: { as: { type: 'string' } },
  run: async (a, context) => {
    const [name, ...files] = a.words;
    if (name === undefined || files.length === 0)
      throw new UsageError('Say where and what: jisr audience europe/indicators bundle.json.');
    const store = await context.store();
    const collection = await collectionNamed(store, name);
    const publisher = await actingAs(store, a);
    const texts: string[] = [];
    for (const file of await findFiles(files))
      for (const { source, members, unreadable } of await readStix(file, context)) {
        if (unreadable !== undefined) throw new OperatorError(`${source}: ${unreadable}`);
        texts.push(...members.map(({ text }) => text));
      }
    const bodies: Buffer[] = [];
    for (let i = 0; i < texts.length; i += BATCH)
      bodies.push(Buffer.from(`{"objects":[${texts.slice(i, i + BATCH).join(',')}]}`));
    const { verdicts } = await allowed(name, () =>
      new Foresight(store, scopeFor(publisher, collection, 'write'), {
        clock: context.clock,
        limits: LIMITS,
      }).publish(bodies),
    );
    const principals = await store.people.principals();
    const nameOf = await organisationNames(store);
    const groups = new Map<string, { disclosed: Disclosed; ids: string[] }>();
    for (const { details, disclosed } of verdicts) {
      if (!disclosed) continue;
      const key = JSON.stringify(disclosed);
      const group = groups.get(key) ?? { disclosed, ids: [] };
      group.ids.push(details.id);
      groups.set(key, group);
    }
    const refused = verdicts.filter((v) => !v.ok).map((v) => v.details);
    const said = [...groups.values()].map(({ disclosed, ids }) => ({
      ids,
      tlp: tlpName(disclosed.rank),
      audience: audienceInWords(disclosed.audience, nameOf),
      seen_by: seenBy(disclosed, collection, principals).map(({ organisation, accounts }) => ({
        organisation: organisation.name,
        kind: organisation.kind,
        country: organisation.country ?? '',
        accounts,
      })),
    }));
    if (a.json) context.print(JSON.stringify({ collection: collection.id, objects: said, refused }));
    else {
      for (const { ids, tlp, audience: words, seen_by: rows } of said) {
        const which = ids.length === 1 ? ids[0] : `${ids.length} objects, the first ${ids[0]}`;
        context.print(
          `${which}\n  TLP:${tlp.toUpperCase()}, for ${words}. Organisations that would see it: ${rows.length}`,
        );
        const partners = rows.filter(({ kind }) => kind === 'partner').length;
        if (partners > 0) context.print(`  It reaches ${partners} outside the network (partners).`);
        const cells = rows.map((r) => [r.organisation, r.kind, r.country, r.accounts.join(', ')]);
        context.print(table(['organisation', 'kind', 'country', 'accounts'], cells));
      }
      for (const { id, message = '' } of refused)
        context.print(`would be refused  ${id}\n  ${message.replaceAll('\n', '\n  ')}`);
    }
    return refused.length > 0 ? 1 : 0;
  },
};
