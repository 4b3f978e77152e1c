/** A language-content against what it translates (STIX 2.1 §7.1, LC-MOD). */
import { statedVersion, type StixObject } from '../domain/stix';
import { instantKey } from '../domain/timestamp';
import { MOST_FINDINGS, shown, type Finding } from './verdict';

type Node = Readonly<Record<string, unknown>>;

/** @param targets the versions of `object_ref` that are at hand, newest first; with none there is nothing to say. */
export function checkTranslation(object: StixObject, targets: readonly StixObject[]): Finding[] {
  if (targets.length === 0) return [];
  const stated = object['object_modified'];
  const key = typeof stated === 'string' ? instantKey(stated) : undefined;
  const target = key === undefined ? targets[0] : targets.find((t) => statedVersion(t)?.key === key);
  if (!target)
    return [
      {
        rule: 'LC-MOD',
        pointer: '/object_modified',
        found: shown(stated),
        expected: `the "modified" of a version of ${shown(object['object_ref'])}`,
      },
    ];
  const found: Finding[] = [];
  for (const [language, properties] of Object.entries(object['contents'] as Record<string, Node>)) {
    for (const [name, value] of Object.entries(properties)) {
      const original = target[name];
      if (!Array.isArray(value) || !Array.isArray(original) || value.length === original.length) continue;
      if (found.length === MOST_FINDINGS) return found;
      found.push({
        rule: 'LC-MOD',
        pointer: `/contents/${language}/${name}`,
        found: `a list of ${value.length}`,
        expected: `a list of ${original.length}, like that of the object`,
      });
    }
  }
  return found;
}
