import { conclude, findOrganisation, findPrincipal, UsageError, type Verb } from './verb';

const verb = (name: 'disable' | 'enable', disabled: boolean): Verb => ({
  name,
  summary: disabled
    ? 'shut an organisation or a principal out, at once'
    : 'let a disabled organisation or principal in again',
  help: `jisr ${name} organisation NAME [--apply]
jisr ${name} principal LOGIN [--apply]

Example:
  jisr ${name} principal operator`,
  options: {},
  run: async (a, context) => {
    const [noun, who] = a.words;
    if (who === undefined || (noun !== 'organisation' && noun !== 'principal')) {
      throw new UsageError(`Say what to ${name}: organisation or principal, and its name.`);
    }
    const store = await context.store();
    if (noun === 'organisation') {
      const organisation = { ...(await findOrganisation(store, who)), disabled };
      if (a.apply) await store.people.saveOrganisation(organisation);
    } else {
      const principal = { ...(await findPrincipal(store, who)), disabled };
      if (a.apply) await store.people.savePrincipal(principal);
    }
    return conclude(a, context, `${name} the ${noun} ${who}`, { [noun]: who, disabled });
  },
});

export const disable = verb('disable', true);
export const enable = verb('enable', false);
