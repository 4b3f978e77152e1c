/** One's own password: changed by its owner, who proves it by the one before. */
import type { Request, Response } from 'express';
import type { Principal } from '../domain/access';
import { TaxiiError } from '../domain/errors';
import { parseBasic } from '../identity/basic';
import type { Door } from '../publish/door';
import type { Names } from './access';
import type { ReadBody } from './body';

/** Of a body that holds a password alone. */
export const MOST_BYTES = 8 * 1024;

/** @throws {TaxiiError} 422 naming what is wrong. */
function passwordIn(body: Buffer): string {
  let said: unknown;
  try {
    said = JSON.parse(body.toString('utf8'));
  } catch {
    throw new TaxiiError('unprocessable', 'The body is no JSON. Send {"password": "the new one"}.');
  }
  const { password, ...rest } = Object(said) as Record<string, unknown>;
  if (typeof password !== 'string')
    throw new TaxiiError('unprocessable', '/password: is no text. Send {"password": "the new one"}.');
  const other = Object.keys(rest)[0];
  if (other !== undefined)
    throw new TaxiiError(
      'unprocessable',
      `/${other.slice(0, 80)}: is nothing that is known here. Leave it out.`,
    );
  return password;
}

export const changeOwnPassword =
  (door: Pick<Door, 'changePassword'>, readBody: ReadBody) =>
  async (principal: Principal, req: Request<Names>, res: Response): Promise<void> => {
    // A token that was stolen, or a session elsewhere, must not become the account for good.
    if (principal.token || parseBasic(req.headers.authorization ?? '') === undefined)
      throw new TaxiiError(
        'forbidden',
        'A password is changed by who has it: sign in by HTTP Basic with the password.',
      );
    if (!/^application\/json\s*(?:;|$)/i.test(req.headers['content-type'] ?? ''))
      throw new TaxiiError(
        'unsupported-media-type',
        'Send {"password": "…"} with "Content-Type: application/json".',
      );
    const { body, release } = await readBody(req, principal);
    try {
      await door.changePassword({ principalId: principal.id, password: passwordIn(body) });
    } finally {
      body.fill(0);
      release();
    }
    res.status(204).end();
  };
