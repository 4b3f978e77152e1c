import { formatTimestamp } from '../../src/domain/timestamp';
import { ACCOUNT, ACCOUNT_HELP, clientFor } from '../local/account';
import { DISK } from '../output/disk';
import { PollOutput } from '../output/poll-output';
import { oneOf, UsageError, type Verb } from '../verb';

const FORMATS = ['jsonl', 'types'] as const;

export const poll: Verb = {
  name: 'poll',
  summary: 'fetch what is new in a collection of any TAXII 2.1 server',
  help: `jisr poll URL --out FILE [--format jsonl|types] [--cursor FILE] [--user LOGIN --password-file FILE] [--limit N] [--json]

URL is that of a collection. Appends every version that was added since the last poll, as JSON lines to one file, or
with --format types to a file for each type in a folder. The cursor (default: OUT.cursor) says where the next poll goes
on; a poll that was interrupted goes on there, and nothing is lost or written twice. Waits and tries again where a
server asks for it. Ends with 3 if the server refuses or stays away.

${ACCOUNT_HELP}

Example:
  jisr poll https://taxii.example.org/root/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/ --out new.jsonl --user me`,
  options: {
    ...ACCOUNT,
    out: { type: 'string' },
    format: { type: 'string' },
    cursor: { type: 'string' },
    limit: { type: 'string' },
  },
  run: async (a, context) => {
    const [url] = a.words;
    const out = a.text('out');
    if (url === undefined || out === undefined)
      throw new UsageError('Say from where and where to: jisr poll URL --out FILE.');
    const byType = oneOf('format', a.text('format') ?? 'jsonl', FORMATS) === 'types';
    const limit = Number(a.text('limit') ?? 1000);
    if (!Number.isInteger(limit) || limit < 1)
      throw new UsageError('--limit: a whole number above 0 is expected.');
    const client = await clientFor(url, a, context);
    const cursor = a.text('cursor') ?? `${out.replace(/\/+$/, '')}.cursor`;
    const output = await PollOutput.open({ path: out, byType, cursor, url: client.collection, files: DISK });
    let count = 0;
    for await (const { objects, position } of client.poll(output.position, limit)) {
      await output.add(objects, position);
      count += objects.length;
    }
    const { after } = output.position;
    const since = after === null ? null : formatTimestamp(after);
    if (a.json) context.print(JSON.stringify({ objects: count, added_after: since, files: output.names() }));
    else
      context.print(`${count} new objects.${since === null ? '' : ` The next poll goes on after ${since}.`}`);
    return 0;
  },
};
