/** A day of an operator over real processes and real data; every object is accounted for at the end. */
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument, @typescript-eslint/restrict-plus-operands */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { defang } from '../scripts/input/refang';
import { kill, LISTENING, runServer, type RunningServer } from './support/server';

const FOLDER = resolve(process.cwd(), '../shared/testdata/real');
const there = existsSync(FOLDER);
const real = there ? test : test.skip;
const why = there ? '' : `SKIPPED, ${FOLDER} is missing: `;
jest.setTimeout(180_000);

let folder: string;
let server: RunningServer | undefined;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'jisr-test-'))));
afterEach(async () => {
  if (server) await kill(server);
  rmSync(folder, { recursive: true, force: true });
});

const path = (name: string): string => join(folder, name);
const env = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  JISR_STORE: `sqlite:${path('jisr.db')}`,
  JISR_COLLECTIONS: path('collections'),
  JISR_PORT: '0',
});
interface Ran {
  code: number;
  out: string;
  err: string;
}
/** One real process of the command. */
const jisr = (
  argv: readonly string[],
  more: { env?: NodeJS.ProcessEnv; input?: string; shell?: string } = {},
): Promise<Ran> =>
  new Promise((done) => {
    const node = [join(__dirname, '../scripts/jisr.js'), ...argv];
    const [command, words] =
      more.shell === undefined
        ? [process.execPath, node]
        : ['sh', ['-c', `${more.shell}; exec "$0" "$@"`, process.execPath, ...node]];
    const running = execFile(
      command,
      words,
      { env: { ...env(), ...more.env }, maxBuffer: 1e9 },
      (error, out, err) => done({ code: error ? Number(error.code ?? 1) : 0, out, err }),
    );
    running.stdin!.end(more.input ?? '');
  });
async function said(
  argv: readonly string[],
  more: { env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<any> {
  const { code, out, err } = await jisr([...argv, '--json'], more);
  if (out === '') throw new Error(err);
  return { code, ...(JSON.parse(out) as object) };
}
const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

real(
  `${why}import a list and a CSV, publish as a desk, find, deduplicate, revoke, export for a lower clearance, retain, check`,
  async () => {
    cpSync('collections', path('collections'), { recursive: true });
    server = runServer(env());
    await server.says(LISTENING);
    const origin = server.origin();
    const desk = ['--organisation', 'Desk', '--kind', 'service', '--role', 'curator'];
    await said(['add', 'organisation', '--name', 'Desk', '--kind', 'desk', '--region', 'europe', '--apply']);
    const { password } = await said([
      'add',
      'principal',
      '--name',
      'desk',
      ...desk,
      '--clearance',
      'red',
      '--apply',
    ]);
    await said(['add', 'principal', '--name', 'low', ...desk, '--clearance', 'green', '--apply']);
    const TO = 'europe/indicators';

    // The domains and addresses of one investigation, as a member would mail them.
    const pegasus = JSON.parse(readFileSync(join(FOLDER, 'amnesty-pegasus.json'), 'utf8')) as {
      objects: any[];
    };
    const values = [
      ...new Set(
        pegasus.objects.flatMap(
          (o) =>
            /^\[domain-name:value ?= ?'([^'\\]+)'\]$/.exec(o.pattern as string)?.[1]?.toLowerCase() ?? [],
        ),
      ),
    ];
    expect(values.length).toBeGreaterThan(1000);
    const [first, second] = [values.slice(0, 700), values.slice(700)];
    writeFileSync(path('feed.txt'), `# Pegasus\n${first.map(defang).join('\n')}\nthis is no value\n`);
    const list = await said([
      'import',
      path('feed.txt'),
      '--to',
      TO,
      '--tlp',
      'red',
      '--days',
      '3650',
      '--apply',
    ]);
    expect(list).toMatchObject({
      code: 1,
      accepted: first.length,
      unread: 1,
      unread_lines: [{ line: first.length + 2 }],
    });

    writeFileSync(
      path('feed.csv'),
      `ioc,when,tlp\n${second.map((v) => `${defang(v)},2099-01-01,green`).join('\n')}\n`,
    );
    writeFileSync(path('map.json'), '{"columns":{"value":"ioc","valid_until":"when","tlp":"tlp"}}');
    const csv = ['import', path('feed.csv'), '--map', path('map.json'), '--to', TO, '--apply'];
    expect(await said(csv)).toMatchObject({ code: 0, accepted: second.length });
    expect(await said(csv)).toMatchObject({ code: 0, accepted: 0, already_there: second.length });

    // The desk publishes the bundle itself over TAXII, and a tool polls it.
    const { collections } = JSON.parse(readFileSync('collections/europe.json', 'utf8')) as {
      collections: any[];
    };
    const url = `${origin}/europe/collections/${collections.find((c) => c.alias === 'indicators').id as string}/`;
    const as = ['--user', 'desk'];
    const secret = { env: { JISR_TAXII_PASSWORD: password as string } };
    const bundle = join(FOLDER, 'amnesty-pegasus.json');
    const published = await said(['publish', bundle, '--to', url, ...as, '--resume', path('resume')], secret);
    expect(published.accepted + published.refused).toBe(pegasus.objects.length);
    expect(published.refused).toBe(0);
    const total = first.length + second.length + pegasus.objects.length;
    expect((await said(['poll', url, '--out', path('polled.jsonl'), ...as], secret)).objects).toBe(total);
    expect((await said(['poll', url, '--out', path('polled.jsonl'), ...as], secret)).objects).toBe(0);
    const polled = lines(readFileSync(path('polled.jsonl'), 'utf8')).map((l) => JSON.parse(l));
    expect(new Set(polled.map((o) => o.id)).size).toBe(total);

    const sought = lines((await jisr(['search', TO, '--value', second[0]!, '--json'])).out).map((l) =>
      JSON.parse(l),
    );
    expect(sought.map((o) => o.publisher as string).sort()).toEqual(['Desk', expect.any(String)]);

    // The same domains came by two ways: each is joined once.
    const joins = await said(['dedupe', TO, '--apply']);
    expect(joins.joins).toBeGreaterThanOrEqual(values.length);
    expect((await said(['dedupe', TO, '--apply'])).joins).toBe(0);

    const mine = await said(['revoke', TO, '--value', first[0]!, '--apply']);
    expect([mine.done.length, mine.refused.length]).toEqual([1, 1]);

    const block = async (...more: string[]): Promise<string[]> =>
      lines((await jisr(['export', TO, '--format', 'list', ...more])).out);
    const green = await block('--as', 'low');
    expect(new Set(green)).toEqual(new Set(second));
    const all = new Set(await block('--kind', 'domain'));
    for (const value of values) expect(all.has(value)).toBe(true);
    if (existsSync('/dev/full'))
      expect(await jisr(['export', TO], { shell: 'exec >/dev/full' })).toMatchObject({
        code: 3,
        err: expect.stringContaining('cannot be written') as string,
      });

    // Retention of what nobody renews: the operator's own rules, after a notice.
    const file = JSON.parse(readFileSync(path('collections/europe.json'), 'utf8'));
    const policy = file.collections.find((c: any) => c.alias === 'indicators');
    policy.retention = { rules: [{ types: ['relationship'], days: 1 }], notice_days: 0 };
    writeFileSync(path('collections/europe.json'), JSON.stringify(file));
    expect((await jisr(['apply', path('collections'), '--apply'])).code).toBe(0);
    for (const word of ['would_remove', 'removed']) {
      const { result } = await said(['jobs', 'run', 'retention', '--apply']);
      expect(JSON.parse(result as string)[TO]).toMatchObject({ [word]: { objects: 0 } });
    }
    expect(await said(['check'])).toEqual({ code: 0, defects: [] });

    // Every object: what was imported, published, joined and revoked, no more and no less.
    const versions = lines((await jisr(['search', TO, '--versions', '--limit', '100000', '--json'])).out).map(
      (l) => JSON.parse(l),
    );
    const revoked = versions.filter((v) => v.object.revoked === true);
    expect(versions).toHaveLength(total + joins.joins + mine.done.length);
    expect(revoked).toHaveLength(1);
    const stats = await said(['stats', TO]);
    expect(stats.total).toBe(total + joins.joins);
    expect(stats.by_producer['Desk']).toBe(pegasus.objects.length);

    server.child.kill('SIGTERM');
    const [code] = (await once(server.child, 'exit')) as [number];
    expect(code).toBe(0);
  },
);
