import type { Drift } from '../../contract/index.ts';
import type { ReadingContext, Receipt } from '../../ingest/index.ts';
import type { LoadContext } from './load-context.ts';

/** What the project, the receipt and the header of a file add to its contract when its cells are read. */
export const readingContext = (
  { project }: Pick<LoadContext, 'project'>,
  receipt: Receipt,
  { positions, drift }: { readonly positions: ReadonlyMap<string, number>; readonly drift: Drift },
): ReadingContext => ({
  positions,
  drift,
  vocabularies: project.vocabularies,
  policies: project.policies,
  timeZone: project.config.settings.timezone,
  receivedOn: receipt.received_on,
});
