/**
 * The order in which objects are published in parts: marking definitions, then what others refer to, then the rest.
 * Whoever reads between two parts finds nothing without the marking that ranks it, and a collection that takes only
 * references that it knows takes all of it (`references: known`).
 */
import type { StixObject } from '../domain/stix';
import { referencesOf } from '../validation/bundle';
import { extensionIds } from '../validation/extension';

export interface Ordered {
  readonly id: string;
  readonly type: string;
  readonly object: StixObject;
}

/** What goes first of what does not depend on each other. */
const FIRST: Readonly<Record<string, number>> = {
  'marking-definition': 0,
  'extension-definition': 1,
  identity: 2,
};
const placeOf = (type: string): number => FIRST[type] ?? 3;

/** What an object names that should be there before it. */
const wantedBy = ({ object }: Ordered): string[] => [
  ...referencesOf(object).map((r) => r.id),
  ...extensionIds(object),
];

/** A group of members on the way: Tarjan's strongly connected components, without recursion. */
interface Node {
  readonly members: number[];
  readonly refs: string[];
  index: number;
  low: number;
  onStack: boolean;
  /** How many of refs were followed. */
  followed: number;
}

/**
 * Groups members so that each group stands behind all that it refers to among them. A group is one object with its
 * versions in the order in which they came, or several that refer to each other in a circle.
 *
 * @returns every member once; linear in members and references.
 */
export function dependencyGroups<M extends Ordered>(members: readonly M[]): M[][] {
  const nodes = new Map<string, Node>();
  members.forEach((member, i) => {
    const node = nodes.get(member.id);
    const refs = wantedBy(member);
    if (node) {
      node.members.push(i);
      node.refs.push(...refs);
    } else nodes.set(member.id, { members: [i], refs, index: -1, low: -1, onStack: false, followed: 0 });
  });
  const typeOf = (node: Node): string => (members[node.members[0] as number] as M).type;
  const starts = [...nodes.values()].sort((a, b) => placeOf(typeOf(a)) - placeOf(typeOf(b)));
  const groups: M[][] = [];
  const stack: Node[] = [];
  let count = 0;

  const enter = (node: Node, path: Node[]): void => {
    node.index = node.low = count++;
    node.onStack = true;
    stack.push(node);
    path.push(node);
  };
  const close = (node: Node): void => {
    const circle: Node[] = [];
    for (let top = stack.pop() as Node; ; top = stack.pop() as Node) {
      top.onStack = false;
      circle.push(top);
      if (top === node) break;
    }
    const inside = circle.flatMap((n) => n.members.map((at) => [placeOf(typeOf(n)), at] as const));
    inside.sort(([a, i], [b, j]) => a - b || i - j);
    groups.push(inside.map(([, at]) => members[at] as M));
  };
  for (const start of starts) {
    if (start.index >= 0) continue;
    const path: Node[] = [];
    enter(start, path);
    for (let node = path.at(-1); node; node = path.at(-1)) {
      const ref = node.refs[node.followed++];
      if (ref === undefined) {
        path.pop();
        const above = path.at(-1);
        if (above) above.low = Math.min(above.low, node.low);
        if (node.low === node.index) close(node);
        continue;
      }
      const to = nodes.get(ref);
      if (!to) continue;
      if (to.index < 0) enter(to, path);
      else if (to.onStack) node.low = Math.min(node.low, to.index);
    }
  }
  return groups;
}

/**
 * Cuts groups into parts in their order; a group stays whole unless it is larger than a part.
 *
 * @param fits whether a part of so many members and so much size may be sent. A single member is sent in any case.
 */
export function* partsOf<M>(
  groups: Iterable<readonly M[]>,
  sizeOf: (member: M) => number,
  fits: (count: number, size: number) => boolean,
): Generator<M[]> {
  let part: M[] = [];
  let size = 0;
  for (const group of groups) {
    const whole = group.reduce((sum, member) => sum + sizeOf(member), 0);
    if (part.length > 0 && !fits(part.length + group.length, size + whole) && fits(group.length, whole)) {
      yield part;
      [part, size] = [[], 0];
    }
    for (const member of group) {
      const own = sizeOf(member);
      if (part.length > 0 && !fits(part.length + 1, size + own)) {
        yield part;
        [part, size] = [[], 0];
      }
      part.push(member);
      size += own;
    }
  }
  if (part.length > 0) yield part;
}
