/** Whose object it is, and who may revise or remove it (D8a). */
import { v4 as uuid } from 'uuid';
import { ALL } from '../../../src/domain/query';
import type { Rank } from '../../../src/domain/tlp';
import {
  day,
  everything,
  found,
  organisation,
  part,
  principal,
  read,
  removal,
  TLP2,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { CONTRIBUTORS, member } from './members';
import { type Open, storesOf } from './stores';

export function describeOwners(name: string, open: Open): void {
  const { withCollection } = storesOf(open);

  describe(`${name}: whose object it is (D8a)`, () => {
    const contributors = [{ source: 'test', to: {}, rights: ['see', 'read', 'write'] as const }];
    const someone = (clearance: Rank) => principal(clearance, { organisation: organisation() });

    test('another organisation may not revise or remove it without curate', async () => {
      const { store, c } = await withCollection({ grants: contributors });
      const [owner, other] = [someone(4), someone(4)];
      const id = toolId();
      await store.objects.append(write(c, owner), part([tool(id, 1, 0)]));
      const status = await store.objects.append(write(c, other), part([tool(id, 2, 0)]));
      expect(status.failures![0]!.message).toContain('OWNER');
      const all = { version: ALL, specVersions: undefined };
      expect(await store.objects.remove(removal(c, other), id, all)).toBe('not-theirs');
      expect(await store.objects.remove(removal(c, owner), id, all)).toEqual({ removed: 1 });
    });

    test('nobody publishes under the identity of another organisation', async () => {
      const { store, c } = await withCollection({ grants: contributors });
      const identity = `identity--${uuid()}`;
      const owner = organisation({ identity });
      await store.people.saveOrganisation(owner);
      const object = tool(toolId(), 1, 0, { created_by_ref: identity });
      expect(await store.objects.append(write(c, someone(4)), part([object]))).toMatchObject({
        failure_count: 1,
      });
      expect(
        await store.objects.append(write(c, principal(4, { organisation: owner })), part([object])),
      ).toMatchObject({ success_count: 1 });
    });

    test('a cyber-observable is nobody’s: two members publish the same address', async () => {
      const { store, c } = await withCollection({ grants: contributors });
      const address = { type: 'ipv4-addr', id: `ipv4-addr--${uuid()}`, value: '192.0.2.1' };
      await store.objects.append(
        write(c, someone(4)),
        part([{ ...address, object_marking_refs: [TLP2[4]] }]),
      );
      const status = await store.objects.append(write(c, someone(1)), part([address]));
      expect(status).toMatchObject({ success_count: 1 });
      expect(await found(store, read(c, 1))).toEqual([address]);
    });

    test('a removal touches only versions that the caller may see', async () => {
      const { store, c } = await withCollection();
      const id = toolId();
      await store.objects.append(write(c), part([tool(id, 1, 1), tool(id, 2, 4)]));
      expect(
        await store.objects.remove(removal(c, principal(2)), id, { version: ALL, specVersions: undefined }),
      ).toEqual({ removed: 1 });
      expect(await found(store, read(c, 4), everything)).toEqual([tool(id, 2, 4)]);
      expect(
        await store.objects.remove(removal(c, principal(2)), id, { version: ALL, specVersions: undefined }),
      ).toBe('absent');
    });
  });

  test(`${name}: an identity that an organisation published protects the objects under it (D8a)`, async () => {
    const { store, c } = await withCollection({ grants: CONTRIBUTORS });
    const [owner, other] = [member(4), member(4)];
    const identity = `identity--${uuid()}`;
    const person = {
      type: 'identity',
      spec_version: '2.1',
      id: identity,
      created: day(1),
      modified: day(1),
      name: 'us',
    };
    await store.objects.append(write(c, owner), part([person]));
    const object = tool(toolId(), 1, 0, { created_by_ref: identity });
    expect(await store.objects.append(write(c, other), part([object]))).toMatchObject({ failure_count: 1 });
    expect(await store.objects.append(write(c, owner), part([object]))).toMatchObject({ success_count: 1 });
    // One that the publisher cannot see protects nothing: the refusal would tell of it.
    const hidden = { ...person, id: `identity--${uuid()}`, object_marking_refs: [TLP2[4]] };
    await store.objects.append(write(c, owner), part([hidden]));
    const free = tool(toolId(), 1, 0, { created_by_ref: hidden.id });
    expect(await store.objects.append(write(c, member(2)), part([free]))).toMatchObject({ success_count: 1 });
  });
}
