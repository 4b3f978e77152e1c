/** The thread that answers polls goes before the others, on the real server. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill, LISTENING, runServer } from '../support/server';

/** proc_pid_stat(5): the 19th field is the nice value, the 17th behind the name in brackets. */
const niceOf = (stat: string): number => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);

const onLinux = process.platform === 'linux' ? test : test.skip;
onLinux(
  'the threads that write, examine and keep house have a lower priority than the one that answers polls',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'jisr-behind-'));
    const server = runServer({ JISR_STORE: `sqlite:${join(folder, 'jisr.db')}` });
    await server.says(LISTENING);
    const tasks = `/proc/${server.child.pid ?? 0}/task`;
    const lowered = (): number[] =>
      readdirSync(tasks)
        .filter((id) => id !== String(server.child.pid))
        .map((id) => niceOf(readFileSync(`${tasks}/${id}/stat`, 'latin1')))
        .filter((nice) => nice > 0);
    while (lowered().length < 3) await new Promise((resolve) => setImmediate(resolve));
    expect(niceOf(readFileSync(`${tasks}/${server.child.pid ?? 0}/stat`, 'latin1'))).toBe(0);
    await kill(server);
    rmSync(folder, { recursive: true, force: true });
  },
);
