/** The files of a store are their owner's alone: what is in them was shared under TLP. */
import { chmodSync, closeSync, openSync, statSync } from 'node:fs';

const MODE = 0o600;
const OTHERS = 0o077;

const filesOf = (file: string): string[] =>
  file === ':memory:' || file === '' ? [] : [file, `${file}-wal`, `${file}-shm`];

/** @returns those of a store's files that others than their owner may use, with their mode. */
export function exposed(file: string): { file: string; mode: string }[] {
  return filesOf(file).flatMap((name) => {
    const mode = statSync(name, { throwIfNoEntry: false })?.mode ?? 0;
    return (mode & OTHERS) === 0 ? [] : [{ file: name, mode: (mode & 0o777).toString(8) }];
  });
}

/**
 * Makes the file before SQLite does, which gives the two beside it the same mode; takes others' rights off files that
 * stand. Where that is not allowed they stay as they are, and the check tells of it.
 */
export function keepPrivate(file: string): void {
  const [main] = filesOf(file);
  if (main === undefined) return;
  try {
    // Never one that stands: closing it would drop the locks that this process has on it (fcntl).
    if (statSync(main, { throwIfNoEntry: false }) === undefined) closeSync(openSync(main, 'wx', MODE));
    for (const { file: name } of exposed(file)) chmodSync(name, MODE);
  } catch {
    // Somebody else made it, or what keeps it from being opened SQLite says in its own words in a moment.
  }
}
