/** For tools that know the markings of TLP 1.0 alone (quirk `tlp-1`): they stand beside those of 2.0. What is stored stays. */
import { TLP_1_BESIDE } from '../domain/tlp';

/** In the text of JSON: within a string its quotes would be escaped. */
const REFS = /"object_marking_refs"\s*:\s*\[[^\]]*\]/g;
const ID = /"(marking-definition--[^"]*)"/g;

/** @param objects as JSON. @returns the same bytes but for the references. */
export function withTlp1(objects: Buffer): Buffer {
  // One character a byte: all that is looked for is ASCII, and nothing else is touched.
  const text = objects.toString('latin1').replace(REFS, (refs) =>
    refs.replace(ID, (quoted, id: string) => {
      const beside = TLP_1_BESIDE.get(id);
      return beside === undefined || refs.includes(beside) ? quoted : `${quoted},"${beside}"`;
    }),
  );
  return Buffer.from(text, 'latin1');
}
