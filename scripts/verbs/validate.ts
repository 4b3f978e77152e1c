import { CUSTOM, DEFAULT_POLICY, LEGACY, type Policy } from '../../src/domain/channel';
import { specVersionOf } from '../../src/domain/stix';
import { checkBundle } from '../../src/validation/bundle';
import { checkObject } from '../../src/validation/object';
import { checkPattern } from '../../src/validation/pattern/check';
import { applyPolicy } from '../../src/validation/policy';
import { registryVersions } from '../../src/validation/registries';
import { RULES } from '../../src/validation/rule-table';
import type { RawMember } from '../../src/validation/text';
import { summarise, type Finding, type Verdict } from '../../src/validation/verdict';
import { progress } from '../output/progress';
import { findFiles, readStix, type StixText } from '../input/stix-files';
import { findCollection, oneOf, table, UsageError, type Arguments, type Context, type Verb } from '../verb';

type Outcome = 'sound' | 'warned' | 'refused';
interface Result {
  readonly source: string;
  /** Where the object stands among those of its source; null for the bundle around them, or for a pattern. */
  readonly index: number | null;
  readonly id: string | null;
  readonly type: string | null;
  readonly outcome: Outcome;
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
}

const outcomeOf = ({ errors, warnings }: Verdict): Outcome =>
  errors.length > 0 ? 'refused' : warnings.length > 0 ? 'warned' : 'sound';

/** STIX 2.0 objects are judged as such where they are taken, as a collection would. */
function judge({ object, problem }: RawMember, policy: Policy, stix20: boolean): Verdict {
  if (problem) return { errors: [problem], warnings: [] };
  const specVersion = stix20 && specVersionOf(object) === '2.0' ? '2.0' : '2.1';
  return applyPolicy(checkObject(object, { legacy: policy.legacy, specVersion }), policy);
}

function* results(text: StixText, policy: Policy, stix20: boolean): Generator<Result> {
  const { source, bundle, unreadable } = text;
  const place = { source, index: null, id: null, type: null };
  if (unreadable !== undefined) {
    const [, rule = 'T-JSON', pointer = '', found = unreadable] =
      /^([A-Z0-9-]+)(?: at (\S+))?(?: \(byte \d+\))?: (.*)$/s.exec(unreadable) ?? [];
    const error = { rule, pointer: pointer === '/' ? '' : pointer, found, expected: 'STIX as JSON' };
    yield { ...place, outcome: 'refused', errors: [error], warnings: [] };
    return;
  }
  if (bundle) {
    const verdict = applyPolicy(checkBundle(bundle, policy.references === 'known'), policy);
    const id = typeof bundle['id'] === 'string' ? bundle['id'] : null;
    yield { ...place, id, type: 'bundle', outcome: outcomeOf(verdict), ...verdict };
  }
  for (const member of text.members) {
    const { errors, warnings } = judge(member, policy, stix20);
    const outcome = outcomeOf({ errors, warnings });
    yield { source, index: member.index, id: member.id, type: member.type, outcome, errors, warnings };
  }
}

async function policyOf(a: Arguments, context: Context): Promise<{ policy: Policy; stix20: boolean }> {
  const name = a.text('collection');
  const collection =
    name === undefined ? undefined : findCollection(await (await context.store()).catalog.channels(), name);
  const base = collection?.policy ?? DEFAULT_POLICY;
  const known = (option: string): readonly string[] => {
    const given = a.list(option);
    const wrong = given.find((id) => !RULES.some((r) => r.id === id));
    if (wrong !== undefined) throw new UsageError(`--${option}: there is no rule "${wrong}". See --rules.`);
    return given;
  };
  return {
    policy: {
      custom: oneOf('custom', a.text('custom') ?? base.custom, CUSTOM),
      legacy: oneOf('legacy', a.text('legacy') ?? base.legacy, LEGACY),
      strict: [...base.strict, ...known('strict')],
      quiet: [...base.quiet, ...known('quiet')],
      references: a.flag('references') ? 'known' : base.references,
    },
    stix20: a.flag('stix20') || collection?.specVersions.includes('2.0') === true,
  };
}

interface Count {
  sound: number;
  warned: number;
  refused: number;
  readonly rules: Map<string, { errors: number; warnings: number }>;
}

function count(counts: Count, result: Result): void {
  counts[result.outcome]++;
  for (const kind of ['errors', 'warnings'] as const) {
    for (const { rule } of result[kind]) {
      const of = counts.rules.get(rule) ?? { errors: 0, warnings: 0 };
      of[kind]++;
      counts.rules.set(rule, of);
    }
  }
}

function printResult(context: Context, { source, index, id, outcome, errors, warnings }: Result): void {
  if (outcome === 'sound') return;
  const where = index === null ? source : `${source}#${index}`;
  context.print(`${where}  ${id ?? ''}`.trimEnd());
  for (const line of summarise(errors)) context.print(`  error    ${line}`);
  for (const line of summarise(warnings)) context.print(`  warning  ${line}`);
}

function printSummary(context: Context, counts: Count): void {
  const { sound, warned, refused, rules } = counts;
  context.print(
    `\n${sound + warned + refused} judged: ${sound} sound, ${warned} with warnings, ${refused} refused.`,
  );
  if (rules.size === 0) return;
  const rows = [...rules]
    .sort(([, x], [, y]) => y.errors - x.errors || y.warnings - x.warnings)
    .map(([rule, n]) => [
      rule,
      n.errors === 0 ? '' : String(n.errors),
      n.warnings === 0 ? '' : String(n.warnings),
      RULES.find((r) => r.id === rule)?.text ?? '',
    ]);
  context.print(`\n${table(['rule', 'errors', 'warnings', 'what it asks for'], rows)}`);
}

function listRules(a: Arguments, context: Context): 0 {
  const registries = registryVersions();
  if (a.json) context.print(JSON.stringify({ rules: RULES, registries }));
  else {
    context.print(
      table(
        ['rule', 'level', 'STIX 2.1', 'what it asks for'],
        RULES.map((r) => [r.id, r.level, r.section, r.text]),
      ),
    );
    context.print('\nLists of other authorities, by the package that follows them:\n');
    context.print(table(['package', 'version'], Object.entries(registries)));
  }
  return 0;
}

export const validate: Verb = {
  name: 'validate',
  summary: 'judge STIX in files as a collection would, object by object',
  help: `jisr validate FILE… [--collection ROOT/ALIAS] [--custom allow|warn|refuse] [--strict RULE,…] [--quiet RULE,…]
    [--legacy refuse|sub-millisecond|lenient] [--stix20] [--references] [--json]
jisr validate --pattern "[file:name = 'x']" [--json]
jisr validate --rules [--json]

FILE is a bundle, an envelope, an object, a list of objects, or JSON lines; a folder of such files; or - for standard
input. Ends with 0 if everything would be taken, 1 if something is refused.

  --collection  judge by the policy of a collection of this store; the other options come on top
  --custom      custom content: allow (default), warn of it in patterns too, or refuse it
  --strict      rules whose warnings refuse
  --quiet       rules whose warnings are left out
  --legacy      what is forgiven of older data (default: nothing)
  --stix20      take STIX 2.0 objects, by what exchange needs of them
  --references  every reference must lead to an object of the same bundle
  --pattern     judge a STIX pattern instead; may be given several times
  --rules       list the rules, and the versions of the registries they use

Example:
  echo '{"type":"ipv4-addr","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"198.51.100.3"}' | jisr validate -`,
  options: {
    collection: { type: 'string' },
    custom: { type: 'string' },
    legacy: { type: 'string' },
    strict: { type: 'string', multiple: true },
    quiet: { type: 'string', multiple: true },
    stix20: { type: 'boolean' },
    references: { type: 'boolean' },
    pattern: { type: 'string', multiple: true },
    rules: { type: 'boolean' },
  },
  run: async (a, context) => {
    if (a.flag('rules')) return listRules(a, context);
    const patterns = a.values('pattern');
    if (a.words.length === 0 && patterns.length === 0)
      throw new UsageError('Say which files: jisr validate bundle.json, or - for standard input.');
    const { policy, stix20 } = await policyOf(a, context);
    const kept: Result[] = [];
    const counts: Count = { sound: 0, warned: 0, refused: 0, rules: new Map() };
    const take = (result: Result): void => {
      count(counts, result);
      if (a.json) {
        if (result.outcome !== 'sound') kept.push(result);
      } else printResult(context, result);
    };
    for (const [i, text] of patterns.entries()) {
      const { errors, warnings } = applyPolicy(checkPattern(text, { inObject: false }), policy);
      const outcome = outcomeOf({ errors, warnings });
      take({ source: `pattern ${i + 1}`, index: null, id: null, type: null, outcome, errors, warnings });
    }
    for (const file of await findFiles(a.words)) {
      const texts = await readStix(file, context);
      const bar = progress(
        context,
        texts.reduce((sum, t) => sum + t.members.length, 0),
        'objects',
      );
      let done = 0;
      for (const text of texts) {
        for (const result of results(text, policy, stix20)) {
          take(result);
          if (++done % 1000 === 0) bar.update(done);
        }
      }
      bar.stop();
    }
    const { sound, warned, refused, rules } = counts;
    if (a.json)
      context.print(
        JSON.stringify({
          judged: sound + warned + refused,
          sound,
          warned,
          refused,
          rules: Object.fromEntries(rules),
          results: kept,
        }),
      );
    else printSummary(context, counts);
    return refused > 0 ? 1 : 0;
  },
};
