import { actorOf, conclude, UsageError, type Verb } from '../verb';
import { OperatorError } from '../../src/domain/errors';
import type { Actor } from '../../src/domain/actor';
import type { PeopleStore } from '../../src/store/people';
import { removeObjects } from './transfer';

interface Removable {
  readonly isThere: (people: PeopleStore, id: string) => Promise<boolean>;
  readonly remove: (people: PeopleStore, id: string, by: Actor) => Promise<boolean>;
}

const BY_ID: Record<string, Removable> = {
  grant: {
    isThere: async (people, id) => (await people.grants()).some((grant) => grant.id === id),
    remove: (people, id, by) => people.removeGrant(id, by),
  },
  token: {
    isThere: async (people, id) => (await people.token(id)) !== undefined,
    remove: (people, id, by) => people.removeToken(id, by),
  },
};

export const remove: Verb = {
  name: 'remove',
  summary: 'remove objects of a collection, a token, or a grant that was made by hand',
  help: `${removeObjects.help}

jisr remove token ID [--as LOGIN] [--apply]
jisr remove grant ID [--as LOGIN] [--apply]

ID may be said by --id too; --as names the account that it is done for, for the audit. A token that is removed signs
nobody in from the next request on, and what waits of a publication that it brought fails.

Grants of channel files are removed in the files. The ids:
  jisr list grants`,
  changes: true,
  options: removeObjects.options,
  run: async (a, context) => {
    const [noun = '', word] = a.words;
    if (noun === 'objects') return removeObjects.run(a, context, word);
    const id = word ?? a.values('id')[0];
    const of = BY_ID[noun];
    if (!of || id === undefined)
      throw new UsageError(
        'Say: jisr remove objects ROOT/ALIAS …, jisr remove token ID or jisr remove grant ID.',
      );
    const { people } = await context.store();
    if (!(await of.isThere(people, id)))
      throw new OperatorError(`There is no ${noun} ${id}. See: jisr list ${noun}s`);
    const actor = await actorOf(a, context, await context.store());
    if (a.apply) await of.remove(people, id, actor);
    return conclude(a, context, `remove the ${noun} ${id}`, { id });
  },
};
