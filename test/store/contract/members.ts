/** Who publishes side by side without belonging together, and the marking definitions that they say. */
import { v4 as uuid } from 'uuid';
import type { Principal } from '../../../src/domain/access';
import type { Right } from '../../../src/domain/channel';
import type { StixObject } from '../../../src/domain/stix';
import { TLP_NAMES, type Rank } from '../../../src/domain/tlp';
import { day, organisation, principal, TLP2, tool, toolId } from '../../support/exchange';

const RIGHTS: readonly Right[] = ['see', 'read', 'write'];
export const CONTRIBUTORS = [
  { source: 'test', to: {}, rights: RIGHTS },
  { source: 'test', to: { role: 'curator' as const }, rights: ['curate'] as const },
];
export const INBOX = [
  { source: 'test', to: { role: 'reader' as const }, rights: ['see', 'write'] as const },
  { source: 'test', to: { role: 'curator' as const }, rights: ['see', 'read', 'write', 'curate'] as const },
];

export const member = (clearance: Rank, properties: Partial<Principal> = {}): Principal =>
  principal(clearance, { role: 'reader', organisation: organisation({ kind: 'member' }), ...properties });
export const curator = (clearance: Rank = 4): Principal => principal(clearance, { role: 'curator' });

/** A marking definition that says a level of TLP. */
export const defining = (id: string, said: Rank, own: Rank = 0): StixObject => ({
  type: 'marking-definition',
  spec_version: '2.1',
  id,
  created: day(1),
  definition_type: 'statement',
  definition: { statement: `TLP:${TLP_NAMES[said].toUpperCase()}` },
  object_marking_refs: [TLP2[own]],
});
export const citing = (marking: string, id = toolId()): StixObject =>
  tool(id, 1, null, { object_marking_refs: [marking] });
export const markingId = (): string => `marking-definition--${uuid()}`;
