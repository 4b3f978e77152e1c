/** Shows the main job in a minute on a throw-away store: a desk publishes, three readers poll, each sees what they may. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { v4 as uuid } from 'uuid';
import { accessOf, type Organisation, type Principal } from '../../src/domain/access';
import { grantInWords } from '../../src/domain/grant-words';
import { resolveMarks } from '../../src/domain/markings';
import { marksOf, rankFrom, tlpName, type Rank } from '../../src/domain/tlp';
import { generatePassword, hashPassword } from '../../src/identity/passwords';
import { openStore } from '../../src/store/open';
import type { Store } from '../../src/store/store';
import { loadChannels } from '../../src/validation/channel';
import { findCollection, table, type Context, type Verb } from '../verb';

const TAXII = 'application/taxii+json;version=2.1';
/** From dist/scripts as from the package. */
const ROOT = resolve(__dirname, '../../..');

interface Account {
  readonly principal: Principal;
  readonly password: string;
}
type StixObject = Record<string, unknown>;

async function makeAccount(
  store: Store,
  organisation: Organisation,
  person: Omit<Principal, 'id' | 'disabled' | 'organisation'>,
): Promise<Account> {
  const principal = { ...person, id: uuid(), disabled: false, organisation };
  const password = generatePassword();
  await store.people.saveOrganisation(organisation);
  await store.people.savePrincipal(principal, await hashPassword(password));
  return { principal, password };
}

/** A desk, a member and a partner of Europe, each with another clearance. */
async function makeAccounts(store: Store): Promise<Record<'desk' | 'member' | 'partner', Account>> {
  await store.catalog.apply(await loadChannels(join(ROOT, 'collections')), {
    apply: true,
    dropObjects: false,
  });
  const of = (name: string, kind: Organisation['kind'], more: Partial<Organisation> = {}): Organisation => ({
    id: uuid(),
    name,
    kind,
    region: 'europe',
    disabled: false,
    ...more,
  });
  return {
    desk: await makeAccount(store, of('Cybercrime Desk Europe', 'desk'), {
      name: 'desk',
      kind: 'person',
      role: 'curator',
      clearance: 4,
    }),
    member: await makeAccount(store, of('National Police of Examplia', 'member'), {
      name: 'member',
      kind: 'service',
      role: 'reader',
      clearance: 2,
    }),
    partner: await makeAccount(store, of('Example Payments Ltd.', 'partner'), {
      name: 'partner',
      kind: 'service',
      role: 'contributor',
      clearance: 1,
    }),
  };
}

const authorization = ({ principal, password }: Account): string =>
  `Basic ${Buffer.from(`${principal.name}:${password}`).toString('base64')}`;

async function startServer(store: string): Promise<{ child: ChildProcess; origin: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'dist/src/main.js')], {
    env: {
      PATH: process.env['PATH'],
      JISR_STORE: store,
      JISR_COLLECTIONS: join(ROOT, 'collections'),
      JISR_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const origin = await new Promise<string>((done, fail) => {
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (out.length > 100_000) return;
      out += chunk.toString();
      const line = out.split('\n').find((l) => l.includes('"msg":"listening"'));
      if (line !== undefined) done(new URL((JSON.parse(line) as { url: string }).url).origin);
    });
    child.once('exit', (code) => fail(new Error(`The server ended with code ${code ?? 0}.`)));
  });
  return { child, origin };
}

/** POSTs a bundle and waits until its status is complete. */
async function publish(origin: string, account: Account, collection: string, file: string): Promise<string> {
  const headers = { authorization: authorization(account), accept: TAXII, 'content-type': TAXII };
  const body = await readFile(join(ROOT, 'scripts/demo', file));
  let response = await fetch(`${origin}/europe/collections/${collection}/objects/`, {
    method: 'POST',
    headers,
    body,
  });
  let status = (await response.json()) as {
    id: string;
    status: string;
    success_count: number;
    failure_count: number;
  };
  for (let i = 0; status.status === 'pending' && i < 100; i++) {
    await new Promise((done) => setTimeout(done, 100));
    response = await fetch(`${origin}/europe/status/${status.id}/`, { headers });
    status = (await response.json()) as typeof status;
  }
  return `${account.principal.name} → europe/${collection}: ${file}: ${status.success_count} accepted, ${status.failure_count} refused`;
}

async function poll(
  origin: string,
  account: Account,
  collection: string,
): Promise<{ code: number; objects: StixObject[] }> {
  const headers = { authorization: authorization(account), accept: TAXII };
  const response = await fetch(`${origin}/europe/collections/${collection}/objects/`, { headers });
  const { objects } = (await response.json()) as { objects?: StixObject[] };
  return { code: response.status, objects: objects ?? [] };
}

const rankOfObject = (object: StixObject, byDefault: Rank): Rank => {
  const { declared, unresolved } = resolveMarks(marksOf(object), () => [], {
    publisher: '',
    collection: '',
    waitsAt: byDefault,
  });
  return rankFrom(declared, unresolved.length, byDefault);
};

const FEEDS = ['indicators', 'threat-actors', 'partner-inbox'];

async function showWhoSees(
  context: Context,
  store: Store,
  origin: string,
  accounts: readonly Account[],
): Promise<void> {
  const channels = await store.catalog.channels();
  for (const alias of FEEDS) {
    const collection = findCollection(channels, `europe/${alias}`);
    const polls = await Promise.all(accounts.map((account) => poll(origin, account, alias)));
    const all = new Map(polls.flatMap(({ objects }) => objects).map((o) => [o['id'] as string, o]));
    const rows = [...all.values()].map((object) => [
      tlpName(rankOfObject(object, collection.defaultTlp)).toUpperCase(),
      object['type'] as string,
      `${(object['name'] ?? object['relationship_type']) as string}${object['revoked'] === true ? ' (revoked)' : ''}`,
      ...polls.map(({ objects }) => (objects.some((o) => o['id'] === object['id']) ? 'sees' : '·')),
    ]);
    context.print(`\neurope/${alias}`);
    context.print(table(['TLP', 'type', 'what', ...accounts.map((a) => a.principal.name)], rows));
    accounts.forEach(({ principal }, i) => {
      const access = accessOf(principal, collection);
      const because = access.because.map((grant) => grantInWords(grant)).join('; ');
      const reads =
        access.clearance === undefined
          ? 'may not read'
          : `reads up to TLP:${tlpName(access.clearance).toUpperCase()}`;
      context.print(
        `  ${principal.name} ${reads}${because === '' ? ': no grant fits' : `: ${because}`} (HTTP ${polls[i]?.code ?? 0})`,
      );
    });
  }
}

async function perform(context: Context, folder: string, once: boolean): Promise<void> {
  const url = `sqlite:${join(folder, 'jisr.db')}`;
  const store = await openStore(url);
  const accounts = await makeAccounts(store);
  const { child, origin } = await startServer(url);
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  try {
    context.print('\nPublishing over TAXII:');
    context.print(`  ${await publish(origin, accounts.desk, 'indicators', '1-desk-indicators.json')}`);
    context.print(`  ${await publish(origin, accounts.desk, 'threat-actors', '2-desk-threat-actors.json')}`);
    context.print(
      `  ${await publish(origin, accounts.desk, 'indicators', '3-desk-update.json')} (a second version and a revocation)`,
    );
    context.print(`  ${await publish(origin, accounts.partner, 'partner-inbox', '4-partner-inbox.json')}`);
    context.print('\nPolling as each reader:');
    const list = Object.values(accounts);
    await showWhoSees(context, store, origin, list);
    if (once) return;
    context.print(`\nThe server is up at ${origin}/taxii2/ until you press Ctrl-C. Try:`);
    for (const { principal, password } of list) {
      context.print(
        `  curl -u ${principal.name}:${password} ${origin}/europe/collections/indicators/objects/`,
      );
    }
    const stop = (): void => void child.kill('SIGTERM');
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    await ended;
  } finally {
    child.kill('SIGTERM');
    await ended;
    await store.close();
  }
}

export const demo: Verb = {
  name: 'demo',
  summary: 'show the main job in a minute, on a throw-away store',
  help: `jisr demo [--once]

With --once it ends after printing; otherwise the server stays up until Ctrl-C.

Example:
  jisr demo --once`,
  options: { once: { type: 'boolean' } },
  run: async (a, context) => {
    const folder = await mkdtemp(join(tmpdir(), 'jisr-demo-'));
    try {
      await perform(context, folder, a.flag('once'));
      return 0;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
