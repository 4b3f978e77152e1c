/** TAXII 2.1 resources as they go over the wire (§3.7, §4, §5), and the media types. */
export const TAXII_MEDIA_TYPE = 'application/taxii+json;version=2.1';
export const STIX_MEDIA_TYPE = 'application/stix+json;version=2.1';
export const STIX20_MEDIA_TYPE = 'application/stix+json;version=2.0';

/** §4.1.1 */
export interface Discovery {
  title: string;
  description?: string;
  contact?: string;
  default?: string;
  api_roots?: string[];
}

/** §4.2.1 */
export interface ApiRoot {
  title: string;
  description?: string;
  versions: string[];
  max_content_length: number;
}

/** §5.2.1 */
export interface CollectionResource {
  id: string;
  title: string;
  description?: string;
  alias?: string;
  can_read: boolean;
  can_write: boolean;
  media_types?: string[];
}

/** §5.3.1 */
export interface ManifestRecord {
  id: string;
  date_added: string;
  version: string;
  media_type?: string;
}

/** §4.3.1 */
export interface StatusDetails {
  id: string;
  version: string;
  message?: string;
}

/** §4.3.1 */
export interface Status {
  id: string;
  status: 'complete' | 'pending';
  request_timestamp?: string;
  total_count: number;
  success_count: number;
  successes?: StatusDetails[];
  failure_count: number;
  failures?: StatusDetails[];
  pending_count: number;
  pendings?: StatusDetails[];
}

/** §3.6.1 */
export interface ErrorMessage {
  title: string;
  description?: string;
  error_id?: string;
  error_code?: string;
  http_status?: string;
  details?: Record<string, unknown>;
}
