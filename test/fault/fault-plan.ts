/** What a child process does to itself; travels as JSON in FAULT_PLAN. Calls are numbered from 1. */
export type FaultPlan =
  /** Nothing but a list of the calls, written to FAULT_CALLS at the end. */
  | { readonly kind: 'count' }
  /** SIGKILL instead of call `at`; `torn`: a write is done by half first. */
  | { readonly kind: 'kill'; readonly at: number; readonly torn?: boolean }
  /** SIGKILL at the `nth` time that the named point is reached. */
  | { readonly kind: 'kill-point'; readonly name: string; readonly nth: number }
  /** Call `at` (or every call from it on) fails with this code. */
  | {
      readonly kind: 'error';
      readonly code: 'ENOSPC' | 'EIO' | 'EACCES';
      readonly at: number;
      readonly from: boolean;
      /** Only calls that write count; reading stays possible on a full disk. */
      readonly writesOnly: boolean;
    }
  /** Sends itself the signals, 50 ms apart, at a named point, and holds there for `holdMs`. */
  | {
      readonly kind: 'signal';
      readonly name: string;
      readonly signals: readonly ('SIGINT' | 'SIGTERM')[];
      readonly holdMs: number;
    }
  /** Opens and closes a file at a point: on lock.duckdb this gives the kernel lock away. */
  | {
      readonly kind: 'open-file';
      readonly name: string;
      readonly path: string;
      readonly holdMs: number;
    }
  /** Waits at a point. */
  | { readonly kind: 'hold'; readonly name: string; readonly holdMs: number }
  /** Notes every write, with what it made durable, in FAULT_JOURNAL. */
  | { readonly kind: 'record' };

/** A call as the `count` plan lists it: what was called, and on which file. */
export type CallNote = { readonly call: string; readonly path: string };

export const noPlan: FaultPlan = { kind: 'count' };

/** Named points around the rename of `current`. */
export const aroundRename: readonly string[] = [
  'manifest.write',
  'manifest.fsync',
  'current.before-rename',
  'current.after-rename',
  'warehouse',
];
