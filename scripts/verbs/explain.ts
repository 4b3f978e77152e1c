import type { Principal } from '../../src/domain/access';
import { OperatorError } from '../../src/domain/errors';
import type { Store } from '../../src/store/store';
import { RIGHTS, type Collection } from '../../src/domain/channel';
import { audienceInWords } from '../../src/domain/reading';
import { formatTimestamp } from '../../src/domain/timestamp';
import { tlpName, type Rank } from '../../src/domain/tlp';
import { explainAccess } from '../../src/operations/explain';
import { explainObject, organisationNames } from '../../src/operations/explain-object';
import { actingAs, allowed } from '../local/select';
import {
  findCollection,
  findPrincipal,
  named,
  oneOf,
  required,
  table,
  UsageError,
  type Arguments,
  type Context,
  type ExitCode,
  type Verb,
} from '../verb';

const up = (rank: Rank | undefined): string => (rank === undefined ? '' : tlpName(rank));

/** Who signs in by a token, with what the token leaves of their rights. @throws {OperatorError} there is none. */
async function holderOf({ people }: Store, token: string): Promise<Principal> {
  const holder = await people.token(token);
  if (!holder) throw new OperatorError(`There is no token ${token}. See: jisr list tokens`);
  return holder.principal;
}

/** Why one account sees one object, or does not. */
async function explainOne(
  store: Store,
  collection: Collection,
  a: Arguments,
  context: Context,
): Promise<ExitCode> {
  const id = required(a, 'object');
  const reader = await findPrincipal(store, required(a, 'reader'));
  const asker = await actingAs(store, a);
  const name = `${collection.apiRoot}/${collection.alias}`;
  const nameOf = await organisationNames(store);
  const found = await allowed(name, () => explainObject(store, asker, collection, id, reader, nameOf));
  if (found.length === 0)
    throw new OperatorError(`${name} holds no version of ${id} that ${asker.name} may see.`);
  const versions = found.map(({ version, date, rank, audience, obstacles }) => ({
    version,
    date_added: formatTimestamp(date),
    tlp: tlpName(rank),
    audience: audienceInWords(audience, nameOf),
    sees: obstacles.length === 0,
    because: obstacles,
  }));
  if (a.json) context.print(JSON.stringify({ object: id, reader: reader.name, versions }));
  else {
    const seen = versions.filter(({ sees }) => sees).length;
    context.print(
      `${reader.name} of ${reader.organisation.name} sees ${seen} of ${versions.length} versions of ${id}:`,
    );
    const rows = versions.map((v) => [
      v.sees ? 'yes' : 'no',
      v.version,
      v.date_added,
      v.tlp,
      v.audience,
      v.because.join('; '),
    ]);
    context.print(table(['sees', 'version', 'added', 'tlp', 'for', 'because'], rows));
  }
  return 0;
}

export const explain: Verb = {
  name: 'explain',
  summary: 'say who may do what in a collection, and why',
  help: `jisr explain ROOT/ALIAS [--right see|read|write|curate] [--principal LOGIN | --token ID] [--json]
jisr explain ROOT/ALIAS --object ID --reader LOGIN [--as LOGIN] [--json]

ROOT/ALIAS may be said by --collection too. --object says why --reader sees it or not, version by version, as far as the
account may see it that asks (--as; default: the first operator's).

Example:
  jisr explain europe/indicators --right read`,
  options: {
    collection: { type: 'string' },
    right: { type: 'string' },
    principal: { type: 'string' },
    token: { type: 'string' },
    object: { type: 'string' },
    reader: { type: 'string' },
    as: { type: 'string' },
  },
  run: async (a, context) => {
    const name = named(a, 0, 'collection');
    if (name === undefined) throw new UsageError('Say which collection: jisr explain europe/indicators.');
    const right = oneOf('right', a.text('right') ?? 'see', RIGHTS);
    const store = await context.store();
    const collection = findCollection(await store.catalog.channels(), name);
    if (a.given('object') || a.given('reader')) return explainOne(store, collection, a, context);
    const who = a.text('principal');
    const token = a.text('token');
    if (who !== undefined && token !== undefined)
      throw new UsageError('Say one: --principal, or --token, which says whose it is.');
    const principals =
      token !== undefined
        ? [await holderOf(store, token)]
        : who === undefined
          ? await store.people.principals()
          : [await findPrincipal(store, who)];
    const rows = principals.map((principal) => {
      const { rights, readsUpTo, publishesUpTo, because } = explainAccess(principal, collection);
      return {
        principal: principal.name,
        organisation: principal.organisation.name,
        may: rights.includes(right),
        rights,
        reads_up_to: up(readsUpTo),
        publishes_up_to: up(publishesUpTo),
        because,
      };
    });
    if (a.json) context.print(JSON.stringify({ collection: collection.id, right, principals: rows }));
    else {
      context.print(`Who may ${right} ${collection.apiRoot}/${collection.alias}:`);
      const head = [
        'may',
        'principal',
        'organisation',
        'rights',
        'reads up to',
        'publishes up to',
        'because',
      ];
      const cells = rows.map((r) => [
        r.may ? 'yes' : 'no',
        r.principal,
        r.organisation,
        r.rights.join(','),
        r.reads_up_to,
        r.publishes_up_to,
        r.because.join('; '),
      ]);
      context.print(table(head, cells));
    }
    return 0;
  },
};
