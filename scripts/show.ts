import { tlpName } from '../src/domain/tlp';
import type { Store } from '../src/store/store';
import { findCollection, findOrganisation, findPrincipal, UsageError, type Verb } from './verb';

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
  summary: 'show one organisation, principal or collection',
  help: `jisr show organisation|principal|collection NAME [--json]

Example:
  jisr show collection europe/indicators`,
  options: {},
  run: async ({ words: [noun = '', name], json }, context) => {
    const found = SHOW[noun];
    if (!found || name === undefined)
      throw new UsageError('Say what to show: organisation, principal or collection, and its name.');
    const shown = await found(await context.store(), name);
    context.print(json ? JSON.stringify(shown) : JSON.stringify(shown, null, 2));
    return 0;
  },
};
