/** The order of publication in parts, held against what it is for. */
import fc from 'fast-check';
import { dependencyGroups, partsOf, type Ordered } from '../../src/feeds/order';

const TYPES = ['marking-definition', 'identity', 'extension-definition', 'malware', 'relationship', 'report'];

interface Drawn {
  readonly type: string;
  readonly refs: readonly number[];
}
/** Objects that refer to each other as it comes, in circles too; some stand twice. */
const bundles = fc.array(
  fc.record({ type: fc.constantFrom(...TYPES), refs: fc.array(fc.nat(14), { maxLength: 4 }) }),
  { maxLength: 15 },
);
const idOf = (i: number, drawn: readonly Drawn[]): string => `${drawn[i]?.type ?? 'tool'}--${i}`;
function made(drawn: readonly Drawn[]): Ordered[] {
  return drawn.map(({ type, refs }, i) => {
    const ids = refs.map((r) => idOf(r, drawn));
    const extensions = Object.fromEntries(
      ids.filter((id) => id.startsWith('extension-definition')).map((id) => [id, {}]),
    );
    const id = idOf(i % 11 === 10 ? 0 : i, drawn);
    return {
      id,
      type: id.split('--')[0]!,
      object: {
        type,
        id,
        object_marking_refs: ids.filter((r) => r.startsWith('marking-definition')),
        object_refs: ids.filter((r) => !/^(?:marking|extension)-definition/.test(r)),
        extensions,
      },
    };
  });
}
const refsOf = ({ object }: Ordered): string[] => [
  ...(object['object_marking_refs'] as string[]),
  ...(object['object_refs'] as string[]),
  ...Object.keys(object['extensions'] as object),
];

/** All that an object leads to, by a naive closure. */
function reach(from: string, members: readonly Ordered[]): Set<string> {
  const found = new Set<string>();
  const waiting = [from];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop())
    for (const m of members.filter((member) => member.id === id))
      for (const ref of refsOf(m))
        if (!found.has(ref)) {
          found.add(ref);
          waiting.push(ref);
        }
  return found;
}

test('every member once; what it refers to stands before it, or in its own group if that leads back', () => {
  fc.assert(
    fc.property(bundles, (drawn) => {
      const members = made(drawn);
      const groups = dependencyGroups(members);
      expect(groups.flat()).toHaveLength(members.length);
      expect(new Set(groups.flat())).toEqual(new Set(members));
      const place = new Map(groups.flatMap((group, i) => group.map((m) => [m.id, i])));
      for (const m of members)
        for (const ref of refsOf(m)) {
          const at = place.get(ref);
          if (at === undefined) continue;
          expect(at).toBeLessThanOrEqual(place.get(m.id)!);
          const circle = ref === m.id || reach(ref, members).has(m.id);
          expect(at === place.get(m.id)).toBe(circle);
        }
    }),
  );
});

test('marking definitions come before all that they do not themselves depend on', () => {
  fc.assert(
    fc.property(bundles, (drawn) => {
      const members = made(drawn);
      const order = dependencyGroups(members).flat();
      const last = order.findLastIndex((m) => m.type === 'marking-definition');
      const needed = new Set(
        members
          .filter((m) => m.type === 'marking-definition')
          .flatMap((m) => [m.id, ...reach(m.id, members)]),
      );
      for (const m of order.slice(0, last + 1)) expect(needed).toContain(m.id);
    }),
  );
});

test('parts keep the order, and cut a group only where it fits in none; versions of one object keep theirs', () => {
  fc.assert(
    fc.property(bundles, fc.integer({ min: 1, max: 6 }), (drawn, most) => {
      const members = made(drawn);
      const groups = dependencyGroups(members);
      const parts = [
        ...partsOf(
          groups,
          () => 1,
          (count) => count <= most,
        ),
      ];
      expect(parts.flat()).toEqual(groups.flat());
      for (const part of parts) expect(part.length).toBeLessThanOrEqual(most);
      for (const group of groups.filter((g) => g.length <= most))
        expect(parts.filter((part) => group.some((m) => part.includes(m)))).toHaveLength(1);
      const zero = members.filter((m) => m.id === members[0]?.id);
      expect(groups.flat().filter((m) => m.id === members[0]?.id)).toEqual(zero);
    }),
  );
});

test('a chain of 100,000 objects is ordered, without recursion', () => {
  const members = Array.from({ length: 100_000 }, (_, i): Ordered => {
    const id = `malware--${i}`;
    return { id, type: 'malware', object: { type: 'malware', id, object_refs: [`malware--${i + 1}`] } };
  });
  expect(dependencyGroups(members).flat()[0]!.id).toBe('malware--99999');
});
