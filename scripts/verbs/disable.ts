import { actorOf, conclude, findOrganisation, findPrincipal, named, UsageError, type Verb } from '../verb';

const verb = (name: 'disable' | 'enable', disabled: boolean): Verb => ({
  name,
  summary: disabled
    ? 'shut an organisation or a principal out, at once'
    : 'let a disabled organisation or principal in again',
  help: `jisr ${name} organisation NAME [--as LOGIN] [--apply]
jisr ${name} principal LOGIN [--as LOGIN] [--apply]

NAME and LOGIN may be said by --name too. --as names the account that it is done for, for the audit.

Example:
  jisr ${name} principal operator`,
  changes: true,
  options: { name: { type: 'string' }, as: { type: 'string' } },
  run: async (a, context) => {
    const [noun] = a.words;
    const who = named(a, 1, 'name');
    if (who === undefined || (noun !== 'organisation' && noun !== 'principal')) {
      throw new UsageError(`Say what to ${name}: organisation or principal, and its name.`);
    }
    const store = await context.store();
    const actor = await actorOf(a, context, store);
    if (noun === 'organisation') {
      const organisation = { ...(await findOrganisation(store, who)), disabled };
      if (a.apply) await store.people.saveOrganisation(organisation, actor);
    } else {
      const principal = { ...(await findPrincipal(store, who)), disabled };
      if (a.apply) await store.people.savePrincipal(principal, undefined, actor);
    }
    return conclude(a, context, `${name} the ${noun} ${who}`, { [noun]: who, disabled });
  },
});

export const disable = verb('disable', true);
export const enable = verb('enable', false);
