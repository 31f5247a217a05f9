import { join } from 'node:path';
import type { Effects, OpenFile } from '../base/index.ts';
import type { RefusedRecord } from './scan.ts';
import { onDisk } from './scan-file-disk.ts';

type FileEffectsOnly = Pick<Effects, 'fs' | 'newId'>;

/** A temp file that is written through one buffer; nothing is made until the first flush or `close`. */
export type ByteSink = {
  /** Write here, from `length` on, after `ensure`. */
  buffer: Buffer;
  length: number;
  readonly path: string;
  /** Makes room for `bytes` more in the buffer. */
  readonly ensure: (bytes: number) => void;
  /** Writes the buffer when it is well filled. */
  readonly flush: (isForced?: boolean) => Promise<void>;
  readonly close: () => Promise<void>;
};

const flushBytes = 1 << 20;

/** Opens a sink on a new file `<id><suffix>` in `tempFolder`. */
export const openSink = (
  tempFolder: string,
  suffix: string,
  effects: FileEffectsOnly,
): ByteSink => {
  const path = join(tempFolder, `${effects.newId()}${suffix}`);
  let file: OpenFile | undefined;
  const sink: ByteSink = {
    buffer: Buffer.allocUnsafe(2 * flushBytes),
    length: 0,
    path,
    ensure: (bytes) => {
      if (sink.length + bytes <= sink.buffer.length) return;
      const grown = Buffer.allocUnsafe(2 * (sink.length + bytes));
      sink.buffer.copy(grown, 0, 0, sink.length);
      sink.buffer = grown;
    },
    flush: async (isForced = false) => {
      if (sink.length < flushBytes && !isForced) return;
      await onDisk('write a temp copy', path, effects, async () => {
        file ??= await effects.fs.open(path, 'draft');
        if (sink.length > 0) await file.write(sink.buffer.subarray(0, sink.length));
      });
      sink.length = 0;
    },
    close: async () => {
      try {
        await sink.flush(true);
      } finally {
        await file?.close();
        file = undefined;
      }
    },
  };
  return sink;
};

/** Appends text as UTF-8. */
export const putText = (sink: ByteSink, text: string): void => {
  sink.ensure(text.length * 3);
  sink.length += sink.buffer.write(text, sink.length, 'utf8');
};

/** Where refused records go; `path` stays undefined while there is none. */
export type RefusedSink = {
  readonly put: (record: RefusedRecord) => void;
  readonly count: () => number;
  readonly flush: () => Promise<void>;
  readonly close: () => Promise<string | undefined>;
};

/** Opens a sink of JSON lines for refused records in `tempFolder`. */
export const openRefused = (tempFolder: string, effects: FileEffectsOnly): RefusedSink => {
  let sink: ByteSink | undefined;
  let count = 0;
  return {
    put: (record) => {
      sink ??= openSink(tempFolder, '-refused.jsonl', effects);
      putText(sink, `${JSON.stringify(record)}\n`);
      count += 1;
    },
    count: () => count,
    flush: async () => sink?.flush(),
    close: async () => {
      await sink?.close();
      return sink?.path;
    },
  };
};
