import { pipelineError } from '../../base/index.ts';
import type { Draft } from '../../lake/index.ts';
import type { Model } from '../../model/index.ts';
import { partRows } from '../build/scope-context.ts';
import { runErrors } from '../errors.ts';
import type { FileBook } from '../file-book.ts';

/**
 * Refuses to go on when a relation that holds every winning row of a feed has another number of rows than the
 * feed's files count as loaded: a join or a rule lost some, or made some of nothing.
 */
export const checkHoldings = (
  {
    draft,
    book,
  }: { readonly draft: Pick<Draft, 'relation' | 'narrowed'>; readonly book: FileBook },
  models: readonly Model[],
): void => {
  for (const { relation, holds: feed } of models) {
    if (feed === null) continue;
    const loaded = [...book.rows().values()]
      .filter((row) => row.feed === feed && row.status === 'loaded')
      .reduce((sum, row) => sum + row.loaded, 0);
    const rows = partRows({ draft }, relation);
    if (rows !== loaded)
      throw pipelineError(runErrors, 'run.rows-lost', { relation, rows, feed, loaded });
  }
};
