/** Objects of a collection: list, read, add, delete (§5.3 to §5.8), and the status of additions (§4.3). */
import type { Request, Response } from 'express';
import type { Config } from '../config';
import { mayReadStatus, notFound, type Principal, type Scope } from '../domain/access';
import { writeCursor } from '../domain/cursor';
import { TaxiiError } from '../domain/errors';
import { parseObjectQuery, parseRemoval, type Limits, type ObjectQuery } from '../domain/query';
import { isIdentifier } from '../domain/stix';
import type { Status } from '../domain/taxii';
import type { Door, PublishRequest } from '../publish/door';
import type { CatalogStore } from '../store/catalog';
import type { Listed, ObjectStore, Page } from '../store/objects';
import type { RecordStore } from '../store/records';
import type { Names } from './access';
import type { Answers, Question } from './answers';
import { note } from './trail';
import type { ReadBody } from './body';
import { requireTaxiiContent } from './negotiate';
import { envelope, reply, replyPieces, versions } from './reply';
import { withTlp1 } from './tlp-1';

function paramsOf(req: Request<Names>): URLSearchParams {
  const mark = req.originalUrl.indexOf('?');
  return new URLSearchParams(mark < 0 ? '' : req.originalUrl.slice(mark + 1));
}

/** §3.5: the cursor of the next page; undefined on the last one. */
function nextOf(scope: Scope, page: Page<unknown>, query: ObjectQuery): string | undefined {
  if (page.through === undefined) return undefined;
  return writeCursor(scope.collection.id, { after: page.through, filters: query.filters });
}

/** T-343, T-344, T-355: an object with nothing to show is 404 if it is not there, and an empty page if filters left nothing. */
async function requirePresent(
  store: ObjectStore,
  scope: Scope<'read'>,
  id: string,
  query: ObjectQuery,
): Promise<void> {
  const instants = query.version.all ? [] : query.version.instants;
  if ((await store.presence(scope, id, instants)) !== 'present') throw notFound();
}

/** @throws {TaxiiError} 404 for text that names no object anywhere (T-036). */
function objectIdOf(req: Request<Names>): string {
  const { objectId } = req.params;
  if (!isIdentifier(objectId)) throw notFound();
  return objectId;
}

/** A page as an account gets it. */
const shownTo = ({ principal }: Scope, page: Page<Buffer>): Page<Buffer> =>
  principal.quirks?.includes('tlp-1') ? { ...page, items: withTlp1(page.items) } : page;

/** §5.4 Get Objects */
export const listObjects =
  (store: ObjectStore, limits: Limits, answers: Answers) =>
  async (scope: Scope<'read'>, req: Request<Names>, res: Response): Promise<void> => {
    const query = parseObjectQuery(paramsOf(req), 'objects', scope.collection.id, limits);
    const wantsList = scope.principal.quirks?.includes('empty-objects');
    const question: Question<Buffer> = {
      endpoint: 'objects',
      query,
      read: (signal) => store.find(scope, query, signal),
      body: (page) => envelope(shownTo(scope, page), nextOf(scope, page, query), wantsList),
    };
    await answers.answer(scope, question, req, res);
  };

/** §5.3 Get Object Manifests: the same records as Get Objects (T-306). */
export const listManifest =
  (store: ObjectStore, limits: Limits, answers: Answers) =>
  async (scope: Scope<'read'>, req: Request<Names>, res: Response): Promise<void> => {
    const query = parseObjectQuery(paramsOf(req), 'objects', scope.collection.id, limits);
    const question: Question<Buffer> = {
      endpoint: 'manifest',
      query,
      read: (signal) => store.manifest(scope, query, signal),
      body: (page) => envelope(page, nextOf(scope, page, query)),
    };
    await answers.answer(scope, question, req, res);
  };

/** §5.6 Get an Object */
export const getObject =
  (store: ObjectStore, limits: Limits, answers: Answers) =>
  async (scope: Scope<'read'>, req: Request<Names>, res: Response): Promise<void> => {
    const id = objectIdOf(req);
    const query = { ...parseObjectQuery(paramsOf(req), 'object', scope.collection.id, limits), ids: [id] };
    const question: Question<Buffer> = {
      endpoint: 'object',
      query,
      read: (signal) => store.find(scope, query, signal),
      body: (page) => envelope(shownTo(scope, page), nextOf(scope, page, query)),
      ifEmpty: () => requirePresent(store, scope, id, query),
    };
    await answers.answer(scope, question, req, res);
  };

/** §5.8 Get Object Versions */
export const listVersions =
  (store: ObjectStore, limits: Limits, answers: Answers) =>
  async (scope: Scope<'read'>, req: Request<Names>, res: Response): Promise<void> => {
    const id = objectIdOf(req);
    const query = { ...parseObjectQuery(paramsOf(req), 'versions', scope.collection.id, limits), ids: [id] };
    const question: Question<readonly Listed[]> = {
      endpoint: 'versions',
      query,
      read: (signal) => store.list(scope, query, signal),
      body: (page) => {
        const found = page.items.map(({ version }) => version);
        return versions(found, nextOf(scope, page, query));
      },
      ifEmpty: () => requirePresent(store, scope, id, query),
    };
    await answers.answer(scope, question, req, res);
  };

/** By these the door decides access again. */
const idsOf = ({
  principal,
  collection,
}: Scope): Pick<PublishRequest, 'principalId' | 'tokenId' | 'collectionId'> => ({
  principalId: principal.id,
  tokenId: principal.token?.id,
  collectionId: collection.id,
});

/** §5.5 Add Objects: 202, whether or not the work is complete (T-320). */
export const addObjects =
  (door: Door, readBody: ReadBody, config: Config) =>
  async (scope: Scope<'write'>, req: Request<Names>, res: Response): Promise<void> => {
    requireTaxiiContent(req, config.acceptStixType);
    const { body, release } = await readBody(req, scope.principal);
    try {
      const status = await door.publish({
        ...idsOf(scope),
        body,
      });
      note(res, { count: status.total_count });
      reply(res, 202, JSON.stringify(config.interopStatusProperty ? withCollection(status, scope) : status));
    } finally {
      release();
    }
  };

/** T-444: a custom property, for clients under test. */
function withCollection(status: Status, scope: Scope): Status & { x_jisr_collection_id: string } {
  return { ...status, x_jisr_collection_id: scope.collection.id };
}

/** §5.7 Delete an Object */
export const deleteObject =
  (door: Door, limits: Limits) =>
  async (scope: Scope<'remove'>, req: Request<Names>, res: Response): Promise<void> => {
    const selection = parseRemoval(paramsOf(req), limits);
    const objectId = objectIdOf(req);
    const removal = await door.remove({ ...idsOf(scope), objectId, selection });
    if (removal === 'absent') throw notFound();
    if (removal === 'not-theirs') {
      throw new TaxiiError(
        'not-found',
        'No version here is yours to remove: removing what another organisation published takes the right "curate". Ask your operator for it.',
      );
    }
    note(res, { count: removal.removed });
    reply(res, 200, '');
  };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** §4.3 Get Status: for those whom `mayReadStatus` names, under its own API Root (T-278). */
export const getStatus =
  (records: Pick<RecordStore, 'statusText'>, catalog: Pick<CatalogStore, 'channels'>) =>
  async (principal: Principal, req: Request<Names>, res: Response): Promise<void> => {
    const { root, id } = req.params;
    const found = UUID.test(id) ? await records.statusText(root, id) : undefined;
    const collections = (await catalog.channels()).flatMap((channel) => channel.collections);
    const collection = collections.find((c) => c.id === found?.collectionId);
    if (!found || !mayReadStatus(principal, found.principalId, collection)) throw notFound();
    note(res, { count: found.total });
    await replyPieces(res, found.pieces);
  };
