import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { OperatorError } from '../../src/domain/errors';
import type { StatusDetails } from '../../src/domain/taxii';
import { dependencyGroups, partsOf } from '../../src/feeds/order';
import type { RawMember } from '../../src/validation/text';
import { ACCOUNT, ACCOUNT_HELP, clientFor } from '../local/account';
import { DISK } from '../output/disk';
import { progress } from '../output/progress';
import { findFiles, readStix } from '../input/stix-files';
import { UsageError, type Verb } from '../verb';

/** Envelopes stay well below what a server takes, and small enough to be answered soon. */
const MOST_OBJECTS = 5000;

/** The envelopes in which objects are sent, marking definitions and what others refer to first. */
function envelopes(members: readonly RawMember[], bytes: number): RawMember[][] {
  const frame = Buffer.byteLength('{"objects":[]}');
  const sizeOf = ({ text }: RawMember): number => Buffer.byteLength(text) + 1;
  const fits = (count: number, size: number): boolean => count <= MOST_OBJECTS && frame + size <= bytes;
  return [...partsOf(dependencyGroups(members), sizeOf, fits)];
}

interface Done {
  /** What was being published: the same objects to the same place. */
  readonly digest: string;
  readonly objects: number;
}

export const publish: Verb = {
  name: 'publish',
  summary: 'publish STIX files to a collection of any TAXII 2.1 server',
  help: `jisr publish FILE… --to URL [--user LOGIN --password-file FILE] [--resume FILE] [--json]

URL is that of a collection. Splits to what the server takes, marking
definitions and what others refer to first, waits for each status, and prints the verdict of every
object that was refused or warned of. After a break the same command goes on where it stood (--resume names the file
that remembers it; default: FILE.published). Ends with 1 if an object was refused.

${ACCOUNT_HELP}

Example:
  jisr publish bundle.json --to http://127.0.0.1:6100/europe/collections/8601078a-72f0-4d76-a6bd-edc69cc12d63/ --user me`,
  options: {
    ...ACCOUNT,
    to: { type: 'string' },
    resume: { type: 'string' },
  },
  run: async (a, context) => {
    const url = a.text('to');
    const [name] = a.words;
    if (url === undefined || name === undefined)
      throw new UsageError('Say what and where to: jisr publish bundle.json --to URL.');
    const client = await clientFor(url, a, context);
    const given: RawMember[] = [];
    for (const file of await findFiles(a.words))
      for (const { source, members, unreadable } of await readStix(file, context)) {
        if (unreadable !== undefined)
          throw new OperatorError(`${source}: ${unreadable} Nothing was published.`);
        given.push(...members);
      }
    const most = await client.maxContentLength();
    const parts = envelopes(given, most);
    const hash = createHash('sha256').update(client.collection);
    for (const { text } of parts.flat()) hash.update(text);
    const digest = hash.digest('hex');
    const memory = a.text('resume') ?? `${name === '-' ? 'stdin' : name.replace(/\/+$/, '')}.published`;
    const before = await readFile(memory, 'utf8').then(
      (text) => JSON.parse(text) as Done,
      () => undefined,
    );
    const start = before?.digest === digest ? before.objects : 0;
    if (start > 0) context.error(`Going on after ${start} of ${given.length} objects.`);

    const bar = progress(context, given.length, 'objects');
    const failures: StatusDetails[] = [];
    const warnings: StatusDetails[] = [];
    let [accepted, refused, objects] = [0, 0, 0];
    try {
      for (const part of parts) {
        const left = part.slice(Math.max(0, start - objects));
        objects += part.length;
        if (left.length === 0) continue;
        const status = await client.publish(`{"objects":[${left.map((m) => m.text).join(',')}]}`);
        accepted += status.success_count;
        refused += status.failure_count;
        for (const failure of status.failures ?? []) failures.push(failure);
        for (const success of status.successes ?? [])
          if (success.message !== undefined) warnings.push(success);
        await DISK.replace(memory, JSON.stringify({ digest, objects } satisfies Done));
        bar.update(objects);
      }
    } finally {
      bar.stop();
    }
    await rm(memory, { force: true });
    if (a.json)
      context.print(
        JSON.stringify({ objects: given.length, resumed_at: start, accepted, refused, failures, warnings }),
      );
    else {
      for (const { id, message = '' } of failures)
        context.print(`refused  ${id}\n  ${message.replaceAll('\n', '\n  ')}`);
      for (const { id, message = '' } of warnings)
        context.print(`taken    ${id}\n  ${message.replaceAll('\n', '\n  ')}`);
      context.print(`${accepted} accepted, ${refused} refused.`);
    }
    return refused > 0 ? 1 : 0;
  },
};
