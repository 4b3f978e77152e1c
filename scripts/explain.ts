import { accessOf } from '../src/domain/access';
import { RIGHTS } from '../src/domain/channel';
import { tlpName, type Rank } from '../src/domain/tlp';
import { findCollection, oneOf, table, UsageError, type Verb } from './verb';

const up = (rank: Rank | undefined): string => (rank === undefined ? '' : tlpName(rank));

export const explain: Verb = {
  name: 'explain',
  summary: 'say who may do what in a collection, and why',
  help: `jisr explain ROOT/ALIAS [--right see|read|write|curate] [--principal LOGIN] [--json]

Example:
  jisr explain europe/indicators --right read`,
  options: { right: { type: 'string' }, principal: { type: 'string' } },
  run: async (a, context) => {
    const name = a.words[0];
    if (name === undefined) throw new UsageError('Say which collection: jisr explain europe/indicators.');
    const store = await context.store();
    const collection = findCollection(await store.catalog.channels(), name);
    const right = oneOf('right', a.text('right') ?? 'see', RIGHTS);
    const who = a.text('principal');
    const rows = (await store.people.principals())
      .filter((p) => who === undefined || p.name === who || p.id === who)
      .map((principal) => {
        const access = accessOf(principal, collection);
        const because = access.because.map((g) => `${g.source} (${g.rights.join(', ')})`);
        const disabled = principal.disabled || principal.organisation.disabled;
        return {
          principal: principal.name,
          organisation: principal.organisation.name,
          may: access[right],
          rights: RIGHTS.filter((r) => access[r]),
          reads_up_to: up(access.clearance),
          publishes_up_to: up(access.ceiling),
          because: disabled
            ? ['the account or its organisation is disabled']
            : because.length > 0
              ? because
              : ['no grant fits'],
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
