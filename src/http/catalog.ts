/** What there is: discovery (§4.1), API Roots (§4.2), collections (§5.1, §5.2), as far as the caller may see it. */
import type { Request, Response } from 'express';
import type { Config } from '../config';
import { accessOf, notFound, type Principal } from '../domain/access';
import type { Channel, Collection, Language, OrganisationKind, Region, Right } from '../domain/channel';
import { identityOf } from '../domain/identity';
import { mediaTypes } from '../domain/manifest';
import { TAXII_MEDIA_TYPE } from '../domain/taxii';
import type { ApiRoot, CollectionResource, Discovery } from '../domain/taxii';
import { tlpName } from '../domain/tlp';
import { explainAccess } from '../operations/explain';
import type { CatalogStore } from '../store/catalog';
import type { Names } from './access';
import { note } from './trail';
import { baseUrl } from './base-url';
import { pickLanguage } from './negotiate';
import { replyTagged } from './reply';

type Catalog = Pick<CatalogStore, 'channels'>;

/** Jisr's own resource beside TAXII's, in their media type. */
interface MyAccess {
  readonly collection: string;
  readonly account: string;
  readonly organisation: string;
  readonly clearance: string;
  readonly rights: readonly Right[];
  readonly reads_up_to?: string;
  readonly publishes_up_to?: string;
  readonly unmarked_objects_are: string;
  readonly audiences_know_you_as: {
    readonly identity: string;
    readonly kind: OrganisationKind;
    readonly country?: string;
    readonly region: Region;
  };
  readonly because: readonly string[];
}

function toResource(principal: Principal, collection: Collection, language: Language): CollectionResource {
  const { read, write } = accessOf(principal, collection);
  return {
    id: collection.id,
    title: collection.title[language],
    description: collection.description[language],
    alias: collection.alias,
    can_read: read,
    can_write: write,
    media_types: mediaTypes(collection),
  };
}

const visible = (principal: Principal, channel: Channel): Collection[] =>
  channel.collections
    .filter((collection) => accessOf(principal, collection).see)
    .sort((a, b) => (a.id < b.id ? -1 : 1));

/** An API Root is there for whoever can see any collection of it. */
const opens = (principal: Principal, channel: Channel): boolean =>
  channel.collections.some((collection) => accessOf(principal, collection).see);

async function channelFor(catalog: Catalog, principal: Principal, root: string): Promise<Channel> {
  const channel = (await catalog.channels()).find((c) => c.apiRoot === root);
  if (!channel || !opens(principal, channel)) throw notFound();
  return channel;
}

/** Titles come in the language that the caller likes best. */
function localise(req: Request<Names>, res: Response): Language {
  const language = pickLanguage(req.headers['accept-language']);
  res.setHeader('Content-Language', language);
  res.vary('Accept-Language');
  return language;
}

/** The API Root that a client without a choice of its own is best served by: its region's, else the global one. */
function homeOf({ organisation }: Principal, channels: readonly Channel[]): Channel | undefined {
  const of = (region: Region): Channel | undefined => channels.find((channel) => channel.region === region);
  return of(organisation.region) ?? of('global') ?? channels[0];
}

/** §4.1 Server Discovery: only the API Roots that the caller can open (T-246, T-247). */
export const discovery =
  (catalog: Catalog, config: Config) =>
  async (principal: Principal | undefined, req: Request<Names>, res: Response): Promise<void> => {
    const channels = principal
      ? (await catalog.channels()).filter((channel) => opens(principal, channel))
      : [];
    const base = baseUrl(config, req);
    const urlOf = ({ apiRoot }: Channel): string => `${base}/${apiRoot}/`;
    const roots = channels.map(urlOf);
    const home = principal && homeOf(principal, channels);
    const resource: Discovery = {
      title: config.title,
      ...(config.description === undefined ? {} : { description: config.description }),
      ...(config.contact === undefined ? {} : { contact: config.contact }),
      ...(home === undefined ? {} : { default: urlOf(home), api_roots: roots }),
    };
    note(res, { count: roots.length });
    replyTagged(req, res, JSON.stringify(resource));
  };

/** §4.2 Get API Root Information */
export const apiRoot =
  (catalog: Catalog, config: Config) =>
  async (principal: Principal, req: Request<Names>, res: Response): Promise<void> => {
    const channel = await channelFor(catalog, principal, req.params.root);
    const language = localise(req, res);
    const resource: ApiRoot = {
      title: channel.title[language],
      description: channel.description[language],
      versions: [TAXII_MEDIA_TYPE],
      max_content_length: config.maxBodyBytes,
    };
    replyTagged(req, res, JSON.stringify(resource));
  };

/** §5.1 Get Collections, ordered by id (T-402a). */
export const listCollections =
  (catalog: Catalog) =>
  async (principal: Principal, req: Request<Names>, res: Response): Promise<void> => {
    const channel = await channelFor(catalog, principal, req.params.root);
    const language = localise(req, res);
    const collections = visible(principal, channel).map((c) => toResource(principal, c, language));
    note(res, { count: collections.length });
    replyTagged(req, res, JSON.stringify(collections.length === 0 ? {} : { collections }));
  };

/** The collection of the URL, as far as the caller may know of it. @throws {TaxiiError} 404 */
async function namedCollection(
  catalog: Catalog,
  principal: Principal,
  { params }: Request<Names>,
  res: Response,
): Promise<Collection> {
  const { root, collection: name } = params;
  const channel = await channelFor(catalog, principal, root);
  const found = visible(principal, channel).find((c) => c.id === name || c.alias === name);
  if (!found) throw notFound();
  note(res, { collection: found.id });
  return found;
}

/** §5.2 Get a Collection */
export const getCollection =
  (catalog: Catalog) =>
  async (principal: Principal, req: Request<Names>, res: Response): Promise<void> => {
    const found = await namedCollection(catalog, principal, req, res);
    replyTagged(req, res, JSON.stringify(toResource(principal, found, localise(req, res))));
  };

/** What the caller may do in a collection, up to which level, and by what; of nobody else's rights a word. */
export const getMyAccess =
  (catalog: Catalog) =>
  async (principal: Principal, req: Request<Names>, res: Response): Promise<void> => {
    const found = await namedCollection(catalog, principal, req, res);
    const { rights, readsUpTo, publishesUpTo, because } = explainAccess(principal, found);
    const { kind, country, region } = principal.organisation;
    const resource: MyAccess = {
      collection: found.id,
      account: principal.name,
      organisation: principal.organisation.name,
      clearance: tlpName(principal.clearance),
      rights,
      ...(readsUpTo === undefined ? {} : { reads_up_to: tlpName(readsUpTo) }),
      ...(publishesUpTo === undefined ? {} : { publishes_up_to: tlpName(publishesUpTo) }),
      unmarked_objects_are: tlpName(found.defaultTlp),
      audiences_know_you_as: {
        identity: identityOf(principal.organisation),
        kind,
        ...(country === undefined ? {} : { country }),
        region,
      },
      because,
    };
    replyTagged(req, res, JSON.stringify(resource));
  };
