import { tlpName } from '../../src/domain/tlp';
import type { Store } from '../../src/store/store';
import { printObject } from './show-object';
import { didYouMean } from '../nearest';
import { findCollection, findOrganisation, findPrincipal, named, UsageError, type Verb } from '../verb';

const SHOW: Record<string, (store: Store, name: string) => Promise<object>> = {
  organisation: async (store, name) => {
    const organisation = await findOrganisation(store, name);
    const principals = (await store.people.principals())
      .filter((p) => p.organisation.id === organisation.id)
      .map((p) => p.name);
    return { ...organisation, principals };
  },
  principal: async (store, name) => {
    const principal = await findPrincipal(store, name);
    return { ...principal, clearance: tlpName(principal.clearance) };
  },
  collection: async (store, name) => {
    const c = findCollection(await store.catalog.channels(), name);
    return { ...c, defaultTlp: tlpName(c.defaultTlp), maxTlp: tlpName(c.maxTlp) };
  },
};

export const show: Verb = {
  name: 'show',
  summary: 'show one object, organisation, principal or collection',
  help: `jisr show object ID [--as LOGIN] [--json]
jisr show organisation|principal|collection NAME [--json]

ID and NAME may be said by --id and --name too.

An object is shown as each collection has it that the account may read: its versions, its relationships and their
ends, when and by whom it came, and who may read it.

Example:
  jisr show collection europe/indicators`,
  options: { as: { type: 'string' }, id: { type: 'string' }, name: { type: 'string' } },
  run: async (a, context) => {
    const [noun = ''] = a.words;
    const found = SHOW[noun];
    const name = named(a, 1, noun === 'object' ? 'id' : 'name');
    if ((!found && noun !== 'object') || name === undefined)
      throw new UsageError(
        `Say what to show: object, organisation, principal or collection, and its id or name.${didYouMean(
          noun,
          [...Object.keys(SHOW), 'object'].filter((n) => n !== noun),
        )}`,
      );
    const store = await context.store();
    if (!found) {
      await printObject(store, a, context, name);
      return 0;
    }
    const shown = await found(store, name);
    context.print(a.json ? JSON.stringify(shown) : JSON.stringify(shown, null, 2));
    return 0;
  },
};
