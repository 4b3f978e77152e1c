import type { Principal } from '../../src/domain/access';
import { OperatorError } from '../../src/domain/errors';
import type { Store } from '../../src/store/store';
import { RIGHTS } from '../../src/domain/channel';
import { tlpName, type Rank } from '../../src/domain/tlp';
import { explainAccess } from '../../src/operations/explain';
import { findCollection, findPrincipal, named, oneOf, table, UsageError, type Verb } from '../verb';

const up = (rank: Rank | undefined): string => (rank === undefined ? '' : tlpName(rank));

/** Who signs in by a token, with what the token leaves of their rights. @throws {OperatorError} there is none. */
async function holderOf({ people }: Store, token: string): Promise<Principal> {
  const holder = await people.token(token);
  if (!holder) throw new OperatorError(`There is no token ${token}. See: jisr list tokens`);
  return holder.principal;
}

export const explain: Verb = {
  name: 'explain',
  summary: 'say who may do what in a collection, and why',
  help: `jisr explain ROOT/ALIAS [--right see|read|write|curate] [--principal LOGIN | --token ID] [--json]

ROOT/ALIAS may be said by --collection too.

Example:
  jisr explain europe/indicators --right read`,
  options: {
    collection: { type: 'string' },
    right: { type: 'string' },
    principal: { type: 'string' },
    token: { type: 'string' },
  },
  run: async (a, context) => {
    const name = named(a, 0, 'collection');
    if (name === undefined) throw new UsageError('Say which collection: jisr explain europe/indicators.');
    const right = oneOf('right', a.text('right') ?? 'see', RIGHTS);
    const store = await context.store();
    const collection = findCollection(await store.catalog.channels(), name);
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
