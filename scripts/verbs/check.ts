import { progress } from '../output/progress';
import { table, type Verb } from '../verb';

export const check: Verb = {
  name: 'check',
  summary: "hold the store against the exchange's promises, and say how to mend what is wrong",
  help: `jisr check [--mend [--apply]] [--json]

Looks at the file itself, at the order of the dates, at every object's entries against its versions, at orphans and at
the clock. Ends with 1 if something is wrong. --mend makes the entries anew from the versions and takes orphans out;
readers then poll what they gained.

Example:
  jisr check`,
  changes: true,
  options: { mend: { type: 'boolean' } },
  run: async (a, context) => {
    const store = await context.store();
    if (a.flag('mend') && a.apply) {
      const done = await store.house.mend();
      context.print(
        a.json
          ? JSON.stringify(done)
          : Object.entries(done)
              .map(([name, n]) => `${name}: ${n}`)
              .join(', '),
      );
    }
    let bar: ReturnType<typeof progress> | undefined;
    const defects = await store.house.check((done, total) =>
      (bar ??= progress(context, total, 'versions')).update(done),
    );
    bar?.stop();
    if (a.json) context.print(JSON.stringify({ defects }));
    else if (defects.length === 0) context.print('Every promise holds.');
    else {
      const rows = defects.map((d) => [d.promise, d.place, d.found, d.mend]);
      context.print(table(['promise', 'where', 'found', 'how to mend it'], rows));
      if (a.flag('mend') && !a.apply) context.print('\nNothing was changed. Say --apply to mend it.');
    }
    return defects.length > 0 ? 1 : 0;
  },
};
