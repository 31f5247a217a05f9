import { data, technical, usage } from '../base/index.ts';

export const engineErrors = {
  'engine.memory': technical(
    (f: { limitBytes: number }) =>
      `The engine needs more than its memory limit of ${Math.round(f.limitBytes / 1e6)} MB.`,
  ),
  'engine.disk': technical(
    (f: { act: string }) => `The disk refused to ${f.act}: no room, no right, or a broken device.`,
  ),
  'engine.missing-file': technical(() => 'A file that the engine was reading is gone or cut.'),
  'engine.interrupted': technical(() => 'The statement was interrupted.'),
  'engine.short-stream': technical(
    () => 'The engine ended a result before its last row; the answer was thrown away.',
  ),
  'engine.query': usage(
    (f: { category: string; word: string | undefined }) =>
      `The query does not run: ${f.category}${f.word === undefined ? '' : ` ("${f.word}")`}.`,
  ),
  'engine.value': data(
    (f: { category: string }) => `A value does not fit where the query puts it: ${f.category}.`,
  ),
  'engine.failed': technical((f: { category: string }) => `The engine failed: ${f.category}.`),
} as const;
