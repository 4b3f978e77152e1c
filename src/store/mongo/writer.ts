/** All that changes what a collection holds. */
import { appender } from './append';
import type { CatalogReader } from './catalog';
import { spreader } from './markings';
import { remover } from './remove';
import { reranker } from './rerank';
import { retirer } from './retire';
import type { Worker } from './work';

export function writer(worker: Worker, catalog: CatalogReader) {
  const spread = spreader(worker, catalog);
  return {
    spread,
    ...appender(worker, catalog, spread),
    remove: remover(worker, catalog),
    retire: retirer(worker, catalog),
    ...reranker(worker, catalog),
  };
}
export type Writer = ReturnType<typeof writer>;
