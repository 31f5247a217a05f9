import type { Log } from './log.ts';

/** What `stat` tells of a path, without following a symbolic link. */
export type FileFacts = {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
  /** Changes with every write or rename; with size and mtime it says "the same file, untouched". */
  readonly fingerprint: string;
};

export type OpenFile = {
  /** Reads up to `buffer.length` bytes at `position`; 0 at the end. */
  readonly read: (buffer: Uint8Array, position: number) => Promise<number>;
  readonly write: (chunk: Uint8Array | string) => Promise<void>;
  readonly sync: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Every touch of the disk that is ours; a test can make call k fail, or end the process there. */
export type FileEffects = {
  /** `read`: existing regular file, never through a link; `draft`: must not exist, 0600; `append`: made when missing, 0600. */
  readonly open: (path: string, mode: 'read' | 'draft' | 'append') => Promise<OpenFile>;
  readonly readText: (path: string) => Promise<string>;
  /** Writes a whole small file (0600) and fsyncs it; the path must not exist unless `replace`. */
  readonly writeText: (
    path: string,
    text: string,
    options?: { replace?: boolean },
  ) => Promise<void>;
  /** Names in a folder, sorted by code unit; `[]` when the folder does not exist. */
  readonly list: (folder: string) => Promise<readonly string[]>;
  /** Facts of a path, or undefined when nothing is there. */
  readonly stat: (path: string) => Promise<FileFacts | undefined>;
  readonly rename: (from: string, to: string) => Promise<void>;
  /** A hard link; fails when `to` exists. */
  readonly link: (from: string, to: string) => Promise<void>;
  /** Removes a file; nothing happens when it is not there. */
  readonly unlink: (path: string) => Promise<void>;
  /** Removes a folder with all in it; nothing happens when it is not there. */
  readonly removeTree: (path: string) => Promise<void>;
  /** Makes a folder and its parents, 0700. Returns the topmost folder it made, if any. */
  readonly makeFolder: (path: string) => Promise<string | undefined>;
  readonly syncFile: (path: string) => Promise<void>;
  readonly syncFolder: (path: string) => Promise<void>;
  readonly setMode: (path: string, mode: number) => Promise<void>;
  /** Sets the modification time to `at`. */
  readonly touch: (path: string, at: Date) => Promise<void>;
  readonly freeBytes: (path: string) => Promise<number>;
};

/** What one machine and one process are, for locks and leases. */
export type ProcessFacts = {
  readonly pid: number;
  readonly host: string;
  readonly bootId: string;
  readonly command: string;
  /** The account that the process runs as; a number, or what the environment says, where it has no name. */
  readonly user: string;
  /** Memory of the machine, or of the container where that is less. */
  readonly memoryBytes: number;
  /** Start time of process `pid` as the kernel tells it, or undefined when no such process lives. */
  readonly startOf: (pid: number) => Promise<string | undefined>;
};

/** The world as the last argument of what touches it. Only front-door functions default it to `nodeEffects`. */
export type Effects = {
  readonly fs: FileEffects;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly process: ProcessFacts;
  /** A named point that a fault test can stop at; does nothing otherwise. */
  readonly point: (name: string) => Promise<void>;
};
