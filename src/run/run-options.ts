import type { Until } from './build/build-models.ts';
import type { Sizes } from './build/sizes.ts';
import type { ProgressEvent } from './run-report.ts';

export type RunOptions = {
  readonly projectFolder: string;
  /** Folder of the installed program: contracts/ and models/ lie in it. */
  readonly packageFolder: string;
  readonly version: string;
  /** Feeds to take in; all when not given. */
  readonly only?: readonly string[] | undefined;
  readonly until?: Until | undefined;
  /** Builds everything anew from the archive. */
  readonly fullRefresh?: boolean | undefined;
  readonly batchDate?: string | undefined;
  readonly asOf?: string | undefined;
  readonly waitSeconds?: number | undefined;
  readonly memoryLimitBytes?: number | undefined;
  readonly threads?: number | undefined;
  /** From how many rows on relations are treated as large ones; the usual numbers unless given. */
  readonly sizes?: Sizes | undefined;
  /** Records to read again from the archive: `quarantine replay`. */
  readonly replay?: ReplayFilter | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined;
};

/** Which open records of quarantine are tried again; a part that is not given fits all. */
export type ReplayFilter = {
  readonly reason?: string | undefined;
  readonly feed?: string | undefined;
  readonly file?: string | undefined;
  readonly run?: number | undefined;
};
