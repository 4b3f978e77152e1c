import { actorOf, conclude, UsageError, type Verb } from '../verb';
import { OperatorError } from '../../src/domain/errors';
import { removeObjects } from './transfer';

export const remove: Verb = {
  name: 'remove',
  summary: 'remove objects of a collection, or a grant that was made by hand',
  help: `${removeObjects.help}

jisr remove grant ID [--as LOGIN] [--apply]

ID may be said by --id too; --as names the account that it is done for, for the audit.

Grants of channel files are removed in the files. The ids:
  jisr list grants`,
  changes: true,
  options: removeObjects.options,
  run: async (a, context) => {
    const [noun, word] = a.words;
    if (noun === 'objects') return removeObjects.run(a, context, word);
    const id = word ?? a.values('id')[0];
    if (noun !== 'grant' || id === undefined)
      throw new UsageError('Say: jisr remove objects ROOT/ALIAS …, or jisr remove grant ID.');
    const store = await context.store();
    if (!(await store.people.grants()).some((g) => g.id === id))
      throw new OperatorError(`There is no grant ${id}. See: jisr list grants`);
    const actor = await actorOf(a, context, store);
    if (a.apply) await store.people.removeGrant(id, actor);
    return conclude(a, context, `remove the grant ${id}`, { id });
  },
};
