/** Channel files: the schema, and the rules that a schema cannot express. A wrong file is refused whole. */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import {
  DEFAULT_POLICY,
  IMPORT_DEFAULTS,
  NO_RETENTION,
  LANGUAGES,
  type Grantees,
  type Channel,
  type Collection,
  type Grant,
  type Localised,
  type Policy,
  type Region,
  type Right,
} from '../domain/channel';
import { OperatorError } from '../domain/errors';
import type { SpecVersion } from '../domain/stix';
import { WARNINGS } from './rule-table';
import { readAgainst } from './schema-file';
import { rankOf, type Rank } from '../domain/tlp';

export interface ChannelFile {
  /** As shown in messages. */
  readonly path: string;
  readonly text: string;
}

interface GrantFile {
  readonly to: Grantees;
  readonly rights: readonly Right[];
  readonly read_ceiling?: string;
  readonly write_ceiling?: string;
}
interface CollectionFile {
  readonly id: string;
  readonly alias: string;
  readonly title: Localised;
  readonly description: Localised;
  readonly default_tlp: string;
  readonly max_tlp: string;
  readonly types: readonly string[];
  readonly spec_versions: readonly SpecVersion[];
  readonly unknown_markings?: 'default' | 'refuse';
  readonly validation?: Partial<Policy>;
  readonly retention?: {
    readonly rules?: readonly { types: readonly string[]; days: number }[];
    readonly notice_days?: number;
    readonly legal_hold?: true | readonly string[];
  };
  readonly import?: {
    readonly valid_days?: number;
    readonly confidence?: number;
    readonly indicator_types?: readonly string[];
    readonly labels?: readonly string[];
    readonly tlp?: string;
  };
  readonly grants: readonly GrantFile[];
}
interface File {
  readonly api_root: string;
  readonly title: Localised;
  readonly description: Localised;
  readonly region: Region;
  readonly collections: readonly CollectionFile[];
}

const rank = (name: string): Rank => rankOf(name) as Rank;

function toGrant(source: string, grant: GrantFile): Grant {
  return {
    source,
    to: grant.to,
    rights: grant.rights,
    ...(grant.read_ceiling === undefined ? {} : { readCeiling: rank(grant.read_ceiling) }),
    ...(grant.write_ceiling === undefined ? {} : { writeCeiling: rank(grant.write_ceiling) }),
  };
}

/** The file with its folder, the same wherever that lies. */
const sourceOf = (path: string): string => resolve(path).split(sep).slice(-2).join('/');

function toCollection(source: string, apiRoot: string, c: CollectionFile): Collection {
  return {
    id: c.id,
    apiRoot,
    alias: c.alias,
    title: c.title,
    description: c.description,
    defaultTlp: rank(c.default_tlp),
    maxTlp: rank(c.max_tlp),
    types: c.types,
    specVersions: c.spec_versions,
    unknownMarkings: c.unknown_markings ?? 'default',
    policy: { ...DEFAULT_POLICY, ...c.validation },
    retention: {
      rules: c.retention?.rules ?? NO_RETENTION.rules,
      noticeDays: c.retention?.notice_days ?? NO_RETENTION.noticeDays,
      legalHold: c.retention?.legal_hold ?? NO_RETENTION.legalHold,
    },
    imports: {
      validDays: c.import?.valid_days ?? IMPORT_DEFAULTS.validDays,
      indicatorTypes: c.import?.indicator_types ?? IMPORT_DEFAULTS.indicatorTypes,
      labels: c.import?.labels ?? IMPORT_DEFAULTS.labels,
      ...(c.import?.confidence === undefined ? {} : { confidence: c.import.confidence }),
      ...(c.import?.tlp === undefined ? {} : { tlp: rank(c.import.tlp) }),
    },
    grants: c.grants.map((grant) => toGrant(source, grant)),
  };
}

/** Says of every value that comes again where it stood first. */
function unique(): (value: string, place: string, rule: string, problems: string[]) => void {
  const seen = new Map<string, string>();
  return (value, place, rule, problems) => {
    const before = seen.get(value);
    if (before === undefined) seen.set(value, place);
    else
      problems.push(
        `${place}: ${rule}: "${value.slice(value.indexOf('\0') + 1)}" stands already at ${before}. Choose another one.`,
      );
  };
}

/** Names and ids that must be unique, over all files or in one API Root (T-289, T-292, T-294). */
function crossChecks(files: readonly { path: string; file: File }[]): string[] {
  const problems: string[] = [];
  const [roots, ids, aliases, titles] = [unique(), unique(), unique(), unique()];
  for (const { path, file } of files) {
    roots(file.api_root, `${path}: /api_root`, 'unique-api-root', problems);
    file.collections.forEach((c, i) => {
      const at = `${path}: /collections/${i}`;
      ids(c.id, `${at}/id`, 'unique-id', problems);
      aliases(`${file.api_root}\0${c.alias}`, `${at}/alias`, 'unique-alias', problems);
      for (const language of LANGUAGES) {
        titles(
          `${file.api_root}/${language}\0${c.title[language]}`,
          `${at}/title/${language}`,
          'unique-title',
          problems,
        );
      }
      if (rank(c.default_tlp) > rank(c.max_tlp)) {
        problems.push(
          `${at}/default_tlp: default-within-max: ${c.default_tlp} is above max_tlp, ${c.max_tlp}. Lower it or raise max_tlp.`,
        );
      }
      for (const list of ['strict', 'quiet'] as const) {
        c.validation?.[list]?.forEach((rule, k) => {
          if (!WARNINGS.has(rule))
            problems.push(
              `${at}/validation/${list}/${k}: known-warning: "${rule}" is no rule that warns. See docs/validation.md.`,
            );
        });
      }
      c.grants.forEach((grant, k) => {
        if (grant.write_ceiling !== undefined && rank(grant.write_ceiling) > rank(c.max_tlp)) {
          problems.push(
            `${at}/grants/${k}/write_ceiling: ceiling-within-max: ${grant.write_ceiling} is above max_tlp, ${c.max_tlp}.`,
          );
        }
      });
    });
  }
  return problems;
}

/** @throws {OperatorError} every problem of every file, each with file, place and rule; nothing is half taken. */
export function readChannels(files: readonly ChannelFile[]): Channel[] {
  const parsed = files.map(({ path, text }) => ({ path, ...readAgainst('channel', path, text) }));
  const problems = parsed.flatMap((p) => ('problems' in p ? p.problems : []));
  const sound = parsed.flatMap((p) => ('file' in p ? [{ path: p.path, file: p.file as File }] : []));
  problems.push(...crossChecks(sound));
  if (problems.length > 0)
    throw new OperatorError(`The channel files are wrong, nothing was applied:\n  ${problems.join('\n  ')}`);
  return sound.map(({ path, file }) => ({
    apiRoot: file.api_root,
    title: file.title,
    description: file.description,
    region: file.region,
    collections: file.collections.map((c) => toCollection(sourceOf(path), file.api_root, c)),
  }));
}

/** Reads every `*.json` of a folder. @throws {OperatorError} it cannot be read, holds none, or one is wrong. */
export async function loadChannels(folder: string): Promise<Channel[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new OperatorError(
      `${folder}: the folder of the channel files cannot be read (${(error as Error).message}). Name another by JISR_COLLECTIONS.`,
    );
  });
  const wanted = names.filter((name) => name.endsWith('.json')).sort();
  if (wanted.length === 0)
    throw new OperatorError(
      `${folder}: there is no channel file (*.json). At least one API Root must exist.`,
    );
  return readChannels(
    await Promise.all(
      wanted.map(async (name) => ({
        path: `${folder}/${name}`,
        text: await readFile(join(folder, name), 'utf8'),
      })),
    ),
  );
}
