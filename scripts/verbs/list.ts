import type { Store } from '../../src/store/store';
import { granteesInWords } from '../../src/domain/grant-words';
import { formatTimestamp, type Micros } from '../../src/domain/timestamp';
import { tlpName } from '../../src/domain/tlp';
import { daysUntil, isSoon, type ApiToken } from '../../src/domain/tokens';
import { OperatorError } from '../../src/domain/errors';
import { didYouMean } from '../nearest';
import { named, table, UsageError, type Verb } from '../verb';

interface Listing {
  readonly head: readonly string[];
  /** The name of each comes first in its row. */
  readonly items: readonly { readonly json: { readonly id: string }; readonly row: readonly string[] }[];
}
function state(disabled: boolean, until?: Micros, now: Micros = 0): string {
  if (disabled) return 'disabled';
  if (until === undefined) return 'active';
  const day = formatTimestamp(until).slice(0, 10);
  return until <= now
    ? `active; its password ended on ${day}`
    : `active; password to be changed before ${day}`;
}

/** The names of collections, organisations and principals by their ids. */
async function namesIn(store: Store): Promise<ReadonlyMap<string, string>> {
  const collections = (await store.catalog.channels()).flatMap((channel) => channel.collections);
  return new Map([
    ...collections.map((c) => [c.id, `${c.apiRoot}/${c.alias}`] as const),
    ...(await store.people.organisations()).map((o) => [o.id, o.name] as const),
    ...(await store.people.principals()).map((p) => [p.id, p.name] as const),
  ]);
}

/** Until when a token is taken. */
function endOf(token: ApiToken, now: Micros): string {
  const days = daysUntil(token.expires, now);
  const soon = days < 0 ? ' (ended)' : isSoon(token.expires, now) ? ` (in ${days} days)` : '';
  return formatTimestamp(token.expires).slice(0, 10) + soon;
}

const LISTS: Record<string, (store: Store, now: Micros) => Promise<Listing>> = {
  organisations: async (store) => ({
    head: ['name', 'kind', 'country', 'region', 'identity', 'state'],
    items: (await store.people.organisations()).map((o) => ({
      json: o,
      row: [o.name, o.kind, o.country ?? '', o.region, o.identity ?? '', state(o.disabled)],
    })),
  }),
  principals: async (store, now) => ({
    head: ['name', 'organisation', 'kind', 'role', 'clearance', 'state'],
    items: (await store.people.principals()).map((p) => ({
      json: { ...p, clearance: tlpName(p.clearance) },
      row: [
        p.name,
        p.organisation.name,
        p.kind,
        p.role,
        tlpName(p.clearance),
        state(p.disabled || p.organisation.disabled, p.passwordUntil, now),
      ],
    })),
  }),
  tokens: async (store, now) => {
    const names = await namesIn(store);
    const nameOf = (id: string): string => names.get(id) ?? id;
    const inDays = (at: Micros | undefined): string =>
      at === undefined ? 'never' : formatTimestamp(at).slice(0, 16);
    return {
      head: ['name', 'account', 'id', 'may', 'opens', 'from', 'until', 'last used'],
      items: (await store.people.tokens()).map(({ token, used }) => {
        const { id, name, principalId, rights, channels, collections, networks, ...times } = token;
        const opened = [...(channels ?? []), ...(collections ?? []).map(nameOf)];
        return {
          json: {
            ...token,
            principal: nameOf(principalId),
            created: formatTimestamp(times.created),
            expires: formatTimestamp(times.expires),
            ...(used === undefined ? {} : { used: formatTimestamp(used) }),
          },
          row: [
            name,
            nameOf(principalId),
            id,
            (rights ?? ['all']).join(', '),
            opened.length === 0 ? 'all' : opened.join(', '),
            (networks ?? ['anywhere']).join(', '),
            endOf(token, now),
            inDays(used),
          ],
        };
      }),
    };
  },
  grants: async (store) => {
    const names = await namesIn(store);
    const nameOf = (id: string): string | undefined => names.get(id);
    return {
      head: ['id', 'collection', 'to', 'rights'],
      items: (await store.people.grants()).map((g) => ({
        json: g,
        row: [
          g.id,
          nameOf(g.collectionId) ?? g.collectionId,
          granteesInWords(g.grant.to, nameOf),
          g.grant.rights.join(', '),
        ],
      })),
    };
  },
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
  summary: 'list organisations, principals, tokens, grants made by hand or collections',
  help: `jisr list organisations|principals|tokens|grants|collections [NAME] [--json]

With a name, also by --name, only that one.

Example:
  jisr list collections`,
  options: { name: { type: 'string' } },
  run: async (a, context) => {
    const { words, json } = a;
    const [word = ''] = words;
    // One is named as all are: organisation, organisations.
    const what = LISTS[word] ? word : `${word}s`;
    const noun = LISTS[what];
    if (!noun)
      throw new UsageError(
        `Say what to list: organisations, principals, tokens, grants or collections.${didYouMean(word, Object.keys(LISTS))}`,
      );
    const name = named(a, 1, 'name');
    const { head, items: all } = await noun(await context.store(), context.clock());
    const items = all.filter((i) => name === undefined || i.row[0] === name || i.json.id === name);
    if (name !== undefined && items.length === 0) {
      const near = didYouMean(
        name,
        all.map((i) => i.row[0] ?? ''),
      );
      throw new OperatorError(`There is none of the ${what} by the name "${name}".${near}`);
    }
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
