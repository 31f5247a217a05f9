/** What a run did to a relation: nothing, some rows (they stand in `delta.<name>`), or everything. */
export type Change =
  | { readonly kind: 'none' }
  | { readonly kind: 'rows'; readonly changed: number }
  | { readonly kind: 'all' };

export const noChange: Change = { kind: 'none' };
export const changedAll: Change = { kind: 'all' };
export const changedRows = (changed: number): Change =>
  changed === 0 ? noChange : { kind: 'rows', changed };
