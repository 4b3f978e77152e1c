/** The Traffic Light Protocol as ranks (D4, D5): who may see what is a comparison of two small integers. */
export const TLP_NAMES = ['clear', 'green', 'amber', 'amber+strict', 'red'] as const;
export type TlpName = (typeof TLP_NAMES)[number];

/** 0 CLEAR (WHITE), 1 GREEN, 2 AMBER, 3 AMBER+STRICT, 4 RED. */
export type Rank = 0 | 1 | 2 | 3 | 4;
export const RANKS = TLP_NAMES.length;

/** The marking definitions of TLP 1.0 (STIX 2.1 §7.2.1.4) and 2.0; everyone knows them, nobody redefines them. */
const FIXED: ReadonlyMap<string, Rank> = new Map([
  ['marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9', 0],
  ['marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da', 1],
  ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82', 2],
  ['marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed', 4],
  ['marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487', 0],
  ['marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb', 1],
  ['marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421', 2],
  ['marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003', 3],
  ['marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1', 4],
]);
const TLP2_EXTENSION = 'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d';

/** @returns the rank of a level's name (`white` is `clear`), or undefined. */
export function rankOf(name: string): Rank | undefined {
  const lower = name.toLowerCase();
  const index = lower === 'white' ? 0 : (TLP_NAMES as readonly string[]).indexOf(lower);
  return index < 0 ? undefined : (index as Rank);
}

export function tlpName(rank: Rank): TlpName {
  return TLP_NAMES[rank];
}

/** @returns the rank that a marking definition's id fixes by itself (both TLP versions), or undefined. */
export function fixedRank(markingId: string): Rank | undefined {
  return FIXED.get(markingId);
}

/** @returns the ids of the marking definitions that stand for a level, for `match[tlp]` (T-455). */
export function markingIdsOf(rank: Rank): string[] {
  return [...FIXED].filter(([, r]) => r === rank).map(([id]) => id);
}

/** The marking definitions of TLP 2.0 with those of TLP 1.0 that say the same: AMBER+STRICT has none, and is never AMBER. */
export const TLP_1_BESIDE: ReadonlyMap<string, string> = new Map(
  ([0, 1, 2, 4] as const).map((rank) => {
    const [first, second] = markingIdsOf(rank) as [string, string];
    return [second, first];
  }),
);

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string') : [];

/** `TLP:AMBER+STRICT`, `tlp:green` → rank; other text → undefined. */
export function labelRank(text: unknown): Rank | undefined {
  if (typeof text !== 'string') return undefined;
  const m = /^tlp:([a-z+]{3,12})$/i.exec(text);
  return m ? rankOf(m[1] ?? '') : undefined;
}

/**
 * What a marking definition says of TLP: by its fixed id, TLP 2.0's extension, TLP 1.0's definition, a name
 * or a statement such as OpenCTI's `x_opencti_definition: "TLP:AMBER+STRICT"` (D5).
 *
 * @returns its rank, or null for a marking that says nothing of TLP.
 */
export function definitionRank(marking: Json): Rank | null {
  const id = typeof marking['id'] === 'string' ? marking['id'] : '';
  const extensions = isObject(marking['extensions']) ? marking['extensions'] : {};
  const extension = extensions[TLP2_EXTENSION];
  const definition = isObject(marking['definition']) ? marking['definition'] : {};
  const tlp2 =
    isObject(extension) && typeof extension['tlp_2_0'] === 'string'
      ? rankOf(extension['tlp_2_0'])
      : undefined;
  const tlp1 = typeof definition['tlp'] === 'string' ? rankOf(definition['tlp']) : undefined;
  const said = [
    tlp2,
    tlp1,
    labelRank(marking['x_opencti_definition']),
    labelRank(marking['name']),
    labelRank(definition['statement']),
  ].filter((rank) => rank !== undefined);
  return FIXED.get(id) ?? (said.length === 0 ? null : (Math.max(...said) as Rank));
}

/** What an object says of its own markings, before anyone looks the unknown ones up. */
export interface Marks {
  /** The highest rank that is known from the object alone; null where it says none. */
  readonly rank: Rank | null;
  /** The marking definitions it cites that are not TLP's own. */
  readonly cited: readonly string[];
}

/** D4: the highest of `object_marking_refs`, `granular_markings` and `tlp:*` labels; nothing is redacted. */
export function marksOf(object: Json): Marks {
  const granular = Array.isArray(object['granular_markings'])
    ? (object['granular_markings'] as unknown[])
    : [];
  const refs = new Set([
    ...strings(object['object_marking_refs']),
    ...granular.flatMap((g) =>
      isObject(g) && typeof g['marking_ref'] === 'string' ? [g['marking_ref']] : [],
    ),
  ]);
  let rank: Rank | null = null;
  const raise = (r: Rank | undefined): void => {
    if (r !== undefined && (rank === null || r > rank)) rank = r;
  };
  const cited: string[] = [];
  for (const ref of refs) {
    const fixed = FIXED.get(ref);
    if (fixed === undefined) cited.push(ref);
    else raise(fixed);
  }
  for (const label of strings(object['labels'])) raise(labelRank(label));
  return { rank, cited };
}

/** Markings after what is known was looked up; kept with a version, so that its rank can be given anew. */
export interface ResolvedMarks {
  /** The highest rank that the object and the definitions it cites declare; null where they declare none. */
  readonly declared: Rank | null;
  /** The cited marking definitions whose word is not known yet. */
  readonly unresolved: readonly string[];
}

/** The higher of two ranks, where null declares none. */
export function highest(a: Rank | null, b: Rank | null): Rank | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

/**
 * The rank of a version (D3, D5): what its markings declare; an unknown marking counts as the collection's
 * `default_tlp` until it arrives, and a version that declares nothing ranks there too.
 */
export function rankFrom(declared: Rank | null, unresolved: number, defaultTlp: Rank): Rank {
  return (unresolved > 0 ? highest(declared, defaultTlp) : declared) ?? defaultTlp;
}
