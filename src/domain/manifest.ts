/** Manifest records (§5.3.1). */
import type { Collection } from './channel';
import { STIX20_MEDIA_TYPE, STIX_MEDIA_TYPE, type ManifestRecord } from './taxii';
import { formatTimestamp, type Micros } from './timestamp';

/** §5.2.1; all that the collection can store, whoever asks (T-297). */
export function mediaTypes({ specVersions }: Pick<Collection, 'specVersions'>): string[] {
  return specVersions.map((version) => (version === '2.0' ? STIX20_MEDIA_TYPE : STIX_MEDIA_TYPE));
}

/** T-305: no media type that the collection does not list. */
export function manifestRecord(
  {
    id,
    date,
    version,
    spec,
  }: { readonly id: string; readonly date: Micros; readonly version: string; readonly spec: string },
  collection: Pick<Collection, 'specVersions'>,
): ManifestRecord {
  const stored = (collection.specVersions as readonly string[]).includes(spec);
  const record = { id, date_added: formatTimestamp(date), version };
  return stored ? { ...record, media_type: `application/stix+json;version=${spec}` } : record;
}
