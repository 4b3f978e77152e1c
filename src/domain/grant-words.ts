/** Grants in words, for whoever asks who may do what, and why. */
import type { Grantees, Grant } from './channel';
import { tlpName, type Rank } from './tlp';

/** The name that people know an organisation or an account by. */
export type NameOf = (id: string) => string | undefined;
const byId: NameOf = (id) => id;

const upTo = (ceiling: Rank | undefined): string =>
  ceiling === undefined ? '' : ` up to ${tlpName(ceiling).toUpperCase()}`;

export function granteesInWords(to: Grantees, nameOf: NameOf = byId): string {
  const { kind, region, role, organisation, principal } = to;
  const who =
    principal !== undefined
      ? `the account ${nameOf(principal) ?? principal}`
      : kind !== undefined
        ? `every ${kind}`
        : organisation !== undefined
          ? 'every account'
          : 'everyone';
  const house = organisation === undefined ? '' : ` of ${nameOf(organisation) ?? organisation}`;
  return `${who}${house}${region === undefined ? '' : ` of ${region}`}${role === undefined ? '' : ` as ${role}`}`;
}

/** Such as `every member of europe may read up to AMBER`; what may be done to objects includes seeing the collection. */
export function grantInWords({ to, rights, readCeiling, writeCeiling }: Grant, nameOf?: NameOf): string {
  const beyondSeeing = rights.filter((right) => right !== 'see');
  const may = beyondSeeing.map(
    (right) => right + (right === 'read' ? upTo(readCeiling) : right === 'write' ? upTo(writeCeiling) : ''),
  );
  return `${granteesInWords(to, nameOf)} may ${may.length === 0 ? 'see' : may.join(', ')}`;
}

/** Where a grant stands: the channel file without the place in it, or the grant made by hand. */
export const sourceInWords = ({ source }: Grant): string => source.replace(/#.*$/, '');
