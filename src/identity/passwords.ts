import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';

/** OWASP's recommendation for argon2id: 19 MiB, 2 passes, 1 lane. */
const COST = { memoryCost: 19456, timeCost: 2, parallelism: 1 };

/** The longest password that is looked at: hashing megabytes would be a way to keep the server busy. */
export const MOST_PASSWORD_BYTES = 1024;

/** @returns 160 random bits as 27 characters that survive a shell, a URL and a JSON file. */
export function generatePassword(): string {
  return randomBytes(20).toString('base64url');
}

/** @returns the argon2id hash in PHC string format. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, COST);
}

/** Whether a hash was made as they are made today. */
export const isCurrent = (phc: string): boolean =>
  phc.startsWith(`$argon2id$v=19$m=${COST.memoryCost},t=${COST.timeCost},p=${COST.parallelism}$`);

/** Compares in constant time; a hash that cannot be read is a "no". */
export async function verifyPassword(phc: string, password: string): Promise<boolean> {
  if (Buffer.byteLength(password) > MOST_PASSWORD_BYTES) return false;
  return verify(phc, password).catch(() => false);
}
