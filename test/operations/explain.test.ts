/** Explaining: what may be done and why, in words that name nobody else. */
import { explainAccess } from '../../src/operations/explain';
import { collection } from '../support/exchange';
import { closed, desk, indicators, low, member } from './stand';

test('rights, how far they reach, and the grant that gives each with where it stands', () => {
  expect(explainAccess(low, indicators)).toEqual({
    rights: ['see', 'read', 'write'],
    readsUpTo: 1,
    publishesUpTo: 1,
    because: ['everyone may read, write, by shared.json'],
  });
  expect(explainAccess(desk, indicators)).toMatchObject({
    rights: ['see', 'read', 'write', 'curate'],
    readsUpTo: 4,
    because: ['everyone may read, write, by shared.json', 'everyone as curator may curate, by shared.json'],
  });
});

test('an account is told of its own grants, by name, and of nobody else', () => {
  expect(explainAccess(desk, closed).because).toEqual(['the account desk may read, write, by closed.json']);
  expect(explainAccess(member, closed)).toEqual({
    rights: ['see'],
    readsUpTo: undefined,
    publishesUpTo: undefined,
    because: ['every account of member house may see, by closed.json'],
  });
  expect(explainAccess(low, closed)).toEqual({
    rights: [],
    readsUpTo: undefined,
    publishesUpTo: undefined,
    because: ['no grant fits'],
  });
});

test('the lower of clearance and ceiling counts; who is disabled may nothing, whatever was granted', () => {
  const capped = collection({
    maxTlp: 3,
    grants: [{ source: 'hand', to: {}, rights: ['see', 'read', 'write'], readCeiling: 2 }],
  });
  expect(explainAccess(desk, capped)).toMatchObject({ readsUpTo: 2, publishesUpTo: 3 });
  expect(explainAccess(low, capped)).toMatchObject({ readsUpTo: 1, publishesUpTo: 1 });
  for (const gone of [
    { ...desk, disabled: true },
    { ...desk, organisation: { ...desk.organisation, disabled: true } },
  ])
    expect(explainAccess(gone, capped)).toEqual({
      rights: [],
      readsUpTo: undefined,
      publishesUpTo: undefined,
      because: ['the account or its organisation is disabled'],
    });
});
