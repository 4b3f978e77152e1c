/** A store with the channels of the repository and a few accounts, for tests of the verbs. */
import type { Jisr } from './jisr';

export const IDENTITY = {
  operator: 'identity--7b4a9c1e-52f0-4a36-9d0b-1c9d7e3f2a10',
  desk: 'identity--2d6f0e8b-91c3-4f57-8a24-60b5d1e7c935',
};

async function account(jisr: Jisr, name: string, kind: string, clearance: string, identity?: string) {
  const organisation = [
    'add',
    'organisation',
    '--name',
    `${name} house`,
    '--kind',
    kind,
    '--region',
    'europe',
  ];
  if (identity !== undefined) organisation.push('--identity', identity);
  const principal = ['add', 'principal', '--name', name, '--organisation', `${name} house`];
  principal.push('--kind', 'service', '--role', 'curator', '--clearance', clearance, '--password-stdin');
  for (const argv of [organisation, principal]) {
    const { code, err } = await jisr([...argv, '--apply'], { input: `the password of ${name}\n` });
    if (code !== 0) throw new Error(err);
  }
}

/** operator (red), desk (red), low (a desk cleared for green). Their passwords are "the password of NAME". */
export async function furnish(jisr: Jisr): Promise<void> {
  await jisr('apply collections --apply');
  await account(jisr, 'operator', 'operator', 'red', IDENTITY.operator);
  await account(jisr, 'desk', 'desk', 'red', IDENTITY.desk);
  await account(jisr, 'low', 'desk', 'green');
}
