import type { PipelineError, Place } from '../base/index.ts';
import type { RowRule } from './contract.ts';
import type { ColumnSettings } from './feed-settings.ts';
import type { ColumnProperties, FeedProperties } from './odcs.ts';

/** A column before its type decides what it may have; what is not given is absent. */
export type ColumnDraft = ColumnSettings &
  Pick<ColumnProperties, 'blankPolicy' | 'codes'> & {
    readonly name: string;
    readonly place: Place;
  };

/** A contract from an ODCS file or a short form, before its parts are checked against each other. */
export type ContractDraft = FeedProperties & {
  readonly feed: string;
  readonly description: string;
  readonly version: string;
  readonly columns: readonly ColumnDraft[];
  readonly key: readonly string[];
  readonly rules: readonly (RowRule & { readonly place: Place })[];
  readonly place: Place;
  /** Where schoolhouse.yaml says more about the feed. */
  readonly settingsPlace?: Place;
};

/** A draft with what is already known to be wrong; it is checked further, so that all is told at once. */
export type CheckedDraft = {
  readonly draft: ContractDraft;
  readonly wrong: readonly PipelineError[];
};
