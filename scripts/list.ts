import type { Store } from '../src/store/store';
import { tlpName } from '../src/domain/tlp';
import { table, UsageError, type Verb } from './verb';

interface Listing {
  readonly head: readonly string[];
  readonly items: readonly { readonly json: object; readonly row: readonly string[] }[];
}
const state = (disabled: boolean): string => (disabled ? 'disabled' : 'active');

const LISTS: Record<string, (store: Store) => Promise<Listing>> = {
  organisations: async (store) => ({
    head: ['name', 'kind', 'country', 'region', 'identity', 'state'],
    items: (await store.people.organisations()).map((o) => ({
      json: o,
      row: [o.name, o.kind, o.country ?? '', o.region, o.identity ?? '', state(o.disabled)],
    })),
  }),
  principals: async (store) => ({
    head: ['name', 'organisation', 'kind', 'role', 'clearance', 'state'],
    items: (await store.people.principals()).map((p) => ({
      json: { ...p, clearance: tlpName(p.clearance) },
      row: [
        p.name,
        p.organisation.name,
        p.kind,
        p.role,
        tlpName(p.clearance),
        state(p.disabled || p.organisation.disabled),
      ],
    })),
  }),
  grants: async (store) => ({
    head: ['id', 'collection', 'to', 'rights'],
    items: (await store.people.grants()).map((g) => ({
      json: g,
      row: [g.id, g.collectionId, JSON.stringify(g.grant.to), g.grant.rights.join(', ')],
    })),
  }),
  collections: async (store) => ({
    head: ['collection', 'id', 'default', 'max', 'title'],
    items: (await store.catalog.channels())
      .flatMap((channel) => channel.collections)
      .map((c) => ({
        json: { ...c, defaultTlp: tlpName(c.defaultTlp), maxTlp: tlpName(c.maxTlp) },
        row: [`${c.apiRoot}/${c.alias}`, c.id, tlpName(c.defaultTlp), tlpName(c.maxTlp), c.title.en],
      })),
  }),
};

export const list: Verb = {
  name: 'list',
  summary: 'list organisations, principals, grants made by hand or collections',
  help: `jisr list organisations|principals|grants|collections [--json]

Example:
  jisr list collections`,
  options: {},
  run: async ({ words, json }, context) => {
    const noun = LISTS[words[0] ?? ''];
    if (!noun) throw new UsageError('Say what to list: organisations, principals, grants or collections.');
    const { head, items } = await noun(await context.store());
    if (json) context.print(JSON.stringify(items.map((item) => item.json)));
    else
      context.print(
        table(
          head,
          items.map((item) => item.row),
        ),
      );
    return 0;
  },
};
