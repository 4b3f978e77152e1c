/**
 * Whether the file is whole. SQLite's own check of a large file takes minutes in one call that nothing can end, so it is
 * made in a process of its own, which is given up when the work is aborted.
 */
import { execFile } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';

const MOST = 20;

function problems(db: Database.Database): string[] {
  const lines = db.pragma(`integrity_check(${MOST})`) as { integrity_check: string }[];
  return lines.map((line) => line.integrity_check).filter((line) => line !== 'ok');
}

/** @returns what SQLite finds wrong. */
export async function damage(db: Database.Database, signal: AbortSignal | undefined): Promise<string[]> {
  if (db.memory) return problems(db);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [__filename, db.name], {
      ...(signal ? { signal } : {}),
      killSignal: 'SIGKILL',
      env: {},
    });
    return JSON.parse(stdout) as string[];
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** Whether an error says that the file is broken. */
export const isDamage = (error: unknown): error is Error =>
  error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);

function main(file: string): string[] {
  // Polls come first.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  try {
    return problems(new Database(file, { readonly: true, fileMustExist: true }));
  } catch (error) {
    if (isDamage(error)) return [error.message];
    throw error;
  }
}

if (require.main === module) process.stdout.write(JSON.stringify(main(process.argv[2] ?? '')));
