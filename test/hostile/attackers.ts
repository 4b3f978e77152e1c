/**
 * The attackers' process: all attacks at once until a time, or those whose names match. Started by run.ts:
 * it says when it is ready, is sent its orders, sends back how often which outcome came, and ends.
 */
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { ATTACKS, prepare, type Battle } from './attacks';

export type Orders = Pick<Battle, 'port' | 'status' | 'until'> & { readonly only: string };
/** By attack and outcome. */
export type Tallies = Record<string, Record<string, number>>;

async function main(): Promise<void> {
  // Attackers have machines of their own: here they take what the server and the honest leave.
  setPriority(10);
  prepare();
  process.send?.('ready');
  const [orders] = (await once(process, 'message')) as [Orders];
  const tallies: Tallies = {};
  await Promise.all(
    Object.entries(ATTACKS)
      .filter(([name]) => new RegExp(orders.only).test(name))
      .map(async ([name, attack]) => {
        const tally: Record<string, number> = (tallies[name] = {});
        const count = (outcome: string | number): void => void (tally[outcome] = (tally[outcome] ?? 0) + 1);
        await attack({ ...orders, count }).catch((error: unknown) => count(String(error)));
      }),
  );
  process.send?.(tallies, () => process.exit(0));
}

void main();
