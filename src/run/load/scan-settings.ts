import { type Contract, matchesFilePattern } from '../../contract/index.ts';
import type { ScanSettings } from '../../ingest/index.ts';

/**
 * What the contracts say of how a file's bytes are read, before its feed is known: by the names that a
 * feed's files have. Where several feeds claim the name, those that say nothing do not count.
 */
export const scanSettings =
  (contracts: readonly Contract[]) =>
  (path: string): ScanSettings => {
    const named = contracts.filter(({ filePatterns }) =>
      filePatterns.some(
        (pattern) => matchesFilePattern(pattern, path) || matchesFilePattern(pattern, path, true),
      ),
    );
    const records = named.find((contract) => contract.records !== undefined)?.records;
    const encoding = named.find((contract) => contract.encoding !== undefined)?.encoding;
    return {
      ...(records === undefined ? {} : { records }),
      ...(encoding === undefined ? {} : { encoding }),
    };
  };
