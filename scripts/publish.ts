import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { OperatorError } from '../src/domain/errors';
import type { Status } from '../src/domain/taxii';
import { progress } from './progress';
import { findFiles, readStix } from './stix-files';
import { ACCOUNT, ACCOUNT_HELP, clientFor } from './account';
import { UsageError, type Verb } from './verb';

/** Envelopes stay well below what a server takes, and small enough to be answered soon. */
const MOST_OBJECTS = 5000;

/** Envelopes of whole objects, each at most so many bytes. */
function* envelopes(
  texts: readonly string[],
  bytes: number,
): Generator<{ first: number; count: number; body: string }> {
  const frame = Buffer.byteLength('{"objects":[]}');
  let from = 0;
  let size = frame;
  for (const [i, text] of texts.entries()) {
    const length = Buffer.byteLength(text) + 1;
    if (i > from && (size + length > bytes || i - from === MOST_OBJECTS)) {
      yield { first: from, count: i - from, body: `{"objects":[${texts.slice(from, i).join(',')}]}` };
      [from, size] = [i, frame];
    }
    size += length;
  }
  if (from < texts.length)
    yield { first: from, count: texts.length - from, body: `{"objects":[${texts.slice(from).join(',')}]}` };
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

URL is that of a collection. Splits to what the server takes, waits for each status, and prints the verdict of every
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
    const texts: string[] = [];
    for (const file of await findFiles(a.words))
      for (const { source, members, unreadable } of await readStix(file, context)) {
        if (unreadable !== undefined)
          throw new OperatorError(`${source}: ${unreadable} Nothing was published.`);
        for (const { text } of members) texts.push(text);
      }
    const hash = createHash('sha256').update(client.collection);
    for (const text of texts) hash.update(text);
    const digest = hash.digest('hex');
    const memory = a.text('resume') ?? `${name === '-' ? 'stdin' : name.replace(/\/+$/, '')}.published`;
    const before = await readFile(memory, 'utf8').then(
      (text) => JSON.parse(text) as Done,
      () => undefined,
    );
    const start = before?.digest === digest ? before.objects : 0;
    if (start > 0) context.error(`Going on after ${start} of ${texts.length} objects.`);

    const most = await client.maxContentLength();
    const bar = progress(context, texts.length, 'objects');
    const failures: Status['failures'] & object = [];
    const warnings: Status['failures'] & object = [];
    let [accepted, refused] = [0, 0];
    try {
      for (const { first, count, body } of envelopes(texts.slice(start), most)) {
        const status = await client.publish(body);
        accepted += status.success_count;
        refused += status.failure_count;
        (failures as object[]).push(...(status.failures ?? []));
        (warnings as object[]).push(...(status.successes ?? []).filter((s) => s.message !== undefined));
        const objects = start + first + count;
        await writeFile(`${memory}.part`, JSON.stringify({ digest, objects } satisfies Done));
        await rename(`${memory}.part`, memory);
        bar.update(objects);
      }
    } finally {
      bar.stop();
    }
    await rm(memory, { force: true });
    if (a.json)
      context.print(
        JSON.stringify({ objects: texts.length, resumed_at: start, accepted, refused, failures, warnings }),
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
