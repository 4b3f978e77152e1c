/** Threads that go behind the one that answers polls, where processors are few. */
import { constants, platform, setPriority } from 'node:os';

/** What a thread behind keeps of the store in memory: what it reads is large and read once. */
export const BEHIND = { cacheMb: 8 };

/**
 * Lowers the calling thread's priority: on Linux each thread has its own; elsewhere it would be the process's, and stays.
 *
 * @param niceness as the system counts it.
 */
export function goBehind(niceness: number = constants.priority.PRIORITY_BELOW_NORMAL): void {
  if (platform() === 'linux') setPriority(0, niceness);
}
