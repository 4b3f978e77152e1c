import { jisrOn } from '../support/jisr';
import { ACCOUNTS, passwordOf } from './accounts';

/** Makes the channels and accounts in an empty store. @throws a verb failed. */
export async function furnish(url: string): Promise<void> {
  const jisr = jisrOn(
    () => url,
    () => Date.now() * 1000,
  );
  const run = async (argv: readonly string[], input = ''): Promise<void> => {
    const { code, err } = await jisr([...argv, '--apply'], { input });
    if (code !== 0) throw new Error(`${argv.join(' ')}: ${err}`);
  };
  await run(['apply', 'collections']);
  for (const [name, kind, role, clearance] of ACCOUNTS) {
    const house = `${name} house`;
    await run(['add', 'organisation', '--name', house, '--kind', kind, '--region', 'europe']);
    const principal = ['add', 'principal', '--name', name, '--organisation', house, '--kind', 'service'];
    await run(
      [...principal, '--role', role, '--clearance', clearance, '--password-stdin'],
      `${passwordOf(name)}\n`,
    );
  }
}
