import type { OpenFile } from '../base/index.ts';
import { readFully } from './scan-file-window.ts';
import { skipBlanks } from './scan-json-resync.ts';
import type { JsonStart } from './scan-json-start.ts';
import { emptyJsonFound, readJsonValue } from './scan-json-value.ts';

/** What stands around the array is read whole up to this; beyond it matching brackets must do. */
const limitBytes = 1 << 20;

/** True when the object around a record array is JSON: what precedes `to` (the bracket included) and what follows `end`. */
export const isContainerSound = async (
  file: OpenFile,
  around: { readonly from: number; readonly to: number; readonly end: number },
  start: JsonStart,
): Promise<boolean> => {
  if (!start.isClosed) return false;
  if (around.to - around.from > limitBytes) return true;
  const before = await readFully(file, Buffer.alloc(around.to - around.from), around.from);
  const after = await readFully(file, Buffer.alloc(limitBytes + 1), around.end);
  if (after.length > limitBytes) return true;
  const bytes = Buffer.concat([before, Buffer.from(']'), after]);
  const from = skipBlanks(bytes, 0, bytes.length);
  const found = emptyJsonFound();
  const input = { bytes, end: bytes.length, isLast: true, encoding: 'utf-8', depth: 0 } as const;
  const outcome = readJsonValue(input, from, found);
  return outcome === 'value' && skipBlanks(bytes, found.end, bytes.length) === bytes.length;
};
