/**
 * What happened to the files of a project, as a disk sees it. `content` names the file in the journal's
 * folder that holds the bytes which a sync made safe.
 */
export type JournalEntry =
  | { readonly op: 'made'; readonly path: string }
  | { readonly op: 'folder'; readonly path: string; readonly top: string }
  /** The file's bytes up to now are safe. */
  | { readonly op: 'synced'; readonly path: string; readonly content: string }
  /** The folder's names up to now are safe. */
  | { readonly op: 'names-synced'; readonly path: string }
  /** Bytes were written that no sync has made safe yet. */
  | { readonly op: 'written'; readonly path: string }
  | { readonly op: 'renamed'; readonly path: string; readonly to: string }
  | { readonly op: 'linked'; readonly path: string; readonly to: string }
  | { readonly op: 'unlinked'; readonly path: string }
  | { readonly op: 'tree-removed'; readonly path: string };
