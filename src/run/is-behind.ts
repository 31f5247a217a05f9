import { isOlderThanUpstream } from './build/build-model.ts';
import { builtFromHash } from './build/build-models.ts';
import { builtInOf, type Session } from './run-session.ts';

/**
 * True when a stored model is missing, was built from something else than it would be now, or is older than what it
 * reads; asked before a run builds, and of its draft before it commits.
 */
export const isBehind = ({ project, draft, views }: Session): boolean => {
  const builtIn = builtInOf(draft);
  return project.graph.models.some((model) => {
    const stored = draft.relation(model.relation);
    return (
      stored === undefined ||
      stored.builtFrom !== builtFromHash(project, model) ||
      isOlderThanUpstream(model, builtIn, views)
    );
  });
};

/** True when every loaded file version of a feed was applied to its tables by an earlier run; `settled` feeds are now. */
export const isApplied = (
  { project, appliedIn, book }: Session,
  settled: ReadonlySet<string> = new Set(),
): boolean =>
  project.contracts.every((contract) => {
    if (settled.has(contract.feed)) return true;
    const applied = appliedIn.get(contract.feed);
    return [...book.rows().values()].every(
      (row) =>
        row.feed !== contract.feed ||
        row.status !== 'loaded' ||
        (applied !== undefined && row.run_id <= applied),
    );
  });
