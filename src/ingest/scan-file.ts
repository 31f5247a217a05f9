import { type Effects, isUnspeakablePath } from '../base/index.ts';
import { findByteOrderMark, trackEncoding } from './decode-encoding.ts';
import { transcodeText } from './decode-transcode.ts';
import type { ScanOutcome, ScanReport, ScanSettings, ScanWarning, TextEncoding } from './scan.ts';
import { copyCsv } from './scan-csv-copy.ts';
import { detectDelimiter, findHeaderProblems } from './scan-csv-header.ts';
import { type RegularFacts, scanRegularCsv } from './scan-csv-regular.ts';
import { readAhead, withFile } from './scan-file-window.ts';
import { copyJson } from './scan-json.ts';
import { type JsonShape, scanJsonShape } from './scan-json-shape.ts';

export type TextFormat = 'csv' | 'tsv' | 'json';

/** A plain text to scan; `name` is its file name, which may promise JSON lines. */
export type TextFile = {
  readonly path: string;
  readonly name: string;
  readonly format: TextFormat;
  readonly settings: ScanSettings;
  readonly tempFolder: string;
};

/** What one pass over all bytes tells, before anything is written. */
export type FirstPass = {
  readonly sizeBytes: number;
  readonly head: Uint8Array;
  readonly encoding: TextEncoding;
  /** False when a byte is not UTF-8. */
  readonly isValid: boolean;
  readonly isAscii: boolean;
  readonly regular: RegularFacts | undefined;
  readonly shape: JsonShape | undefined;
};

export type FirstPassScan = {
  readonly push: (chunk: Uint8Array) => void;
  readonly finish: () => FirstPass;
};

/** The pass that every byte of a text goes through once: encoding, regular CSV or the shape of JSON. */
export const beginFirstPass = ({
  format,
  name,
}: Pick<TextFile, 'format' | 'name'>): FirstPassScan => {
  const encoding = trackEncoding();
  const regular =
    format === 'json' ? undefined : scanRegularCsv(format === 'tsv' ? '\t' : undefined);
  const isLines = /\.(jsonl|ndjson)$/i.test(name);
  let shape: ReturnType<typeof scanJsonShape> | undefined;
  let head: Uint8Array | undefined;
  let sizeBytes = 0;
  return {
    push: (chunk) => {
      if (chunk.length === 0) return;
      encoding.push(chunk);
      regular?.push(chunk);
      if (format === 'json') {
        const start = head === undefined ? (findByteOrderMark(chunk)?.length ?? 0) : 0;
        shape ??= scanJsonShape(start, isLines);
        shape.push(chunk.subarray(start));
      }
      head ??= chunk;
      sizeBytes += chunk.length;
    },
    finish: () => ({
      ...encoding.finish(),
      sizeBytes,
      head: head ?? new Uint8Array(0),
      regular: regular?.finish(),
      shape: shape?.finish(),
    }),
  };
};

/** The names of Windows-1252 and Latin-1, which the web takes for the same. */
const is1252Label = (label: string): boolean =>
  /^(windows-?1252|cp-?1252|x-cp1252|ansi|latin-?1|l1|iso-?8859-?1|us-ascii|ascii)$/i.test(
    label.trim(),
  );
const isUtf8Label = (label: string): boolean => /^utf-?8$/i.test(label.trim());

type Encoding =
  | { readonly kind: 'direct'; readonly encoding: TextEncoding; readonly isAssumed: boolean }
  | { readonly kind: 'foreign'; readonly encoding: string };

/** By mark, by declaration, else as the bytes say. */
const chooseEncoding = (pass: FirstPass, settings: ScanSettings): Encoding => {
  const mark = findByteOrderMark(pass.head);
  if (mark !== undefined)
    return mark.encoding === 'utf-8'
      ? { kind: 'direct', encoding: 'utf-8', isAssumed: false }
      : { kind: 'foreign', encoding: mark.encoding };
  const label = settings.encoding;
  if (label === undefined) {
    const { encoding } = pass;
    return { kind: 'direct', encoding, isAssumed: encoding === 'cp1252' };
  }
  if (isUtf8Label(label)) return { kind: 'direct', encoding: 'utf-8', isAssumed: false };
  if (is1252Label(label)) return { kind: 'direct', encoding: 'cp1252', isAssumed: false };
  return { kind: 'foreign', encoding: label };
};

const regularReport = (path: string, facts: RegularFacts): ScanReport => ({
  kind: 'csv',
  dataPath: path,
  dialect: {
    delimiter: facts.delimiter,
    newline: facts.newline,
    skip: 1,
    padded: false,
    multiline: false,
  },
  columns: facts.columns,
  isCopy: false,
  lineOffset: 1,
  read: facts.read,
  refused: 0,
  refusedPath: undefined,
  warnings: [],
  headerProblems: findHeaderProblems(facts.columns),
  longestRecordBytes: facts.longestRecordBytes,
  plain: {
    path,
    encoding: 'utf-8',
    layout: { kind: 'csv', delimiter: facts.delimiter },
    columns: facts.columns,
    marks: facts.marks,
  },
});

const scanDirect = async (
  text: TextFile,
  pass: FirstPass,
  encoding: TextEncoding,
  effects: Pick<Effects, 'fs' | 'newId'>,
): Promise<ScanOutcome> => {
  const { path, tempFolder, format, settings } = text;
  const start = findByteOrderMark(pass.head)?.length ?? 0;
  if (format === 'json') {
    const shape = pass.shape ?? { kind: 'empty' };
    return copyJson(
      { path, encoding, start, shape, records: settings.records, tempFolder },
      effects,
    );
  }
  const isReadable = pass.isAscii || (pass.isValid && encoding === 'utf-8');
  // A name that the engine cannot be given is read through a copy, too.
  if (pass.regular !== undefined && isReadable && !isUnspeakablePath(path))
    return { kind: 'scanned', report: regularReport(path, pass.regular) };
  const delimiter = format === 'tsv' ? '\t' : detectDelimiter(pass.head.subarray(start));
  return copyCsv({ path, encoding, delimiter, start, tempFolder }, effects);
};

const withWarning = (outcome: ScanOutcome, warning: ScanWarning): ScanOutcome =>
  outcome.kind === 'set_aside'
    ? outcome
    : {
        kind: 'scanned',
        report: { ...outcome.report, warnings: [...outcome.report.warnings, warning] },
      };

/** Scans a text whose first pass is done: nothing more for a regular file, a temp copy for every other. */
export const scanAfterFirstPass = async (
  text: TextFile,
  pass: FirstPass,
  effects: Pick<Effects, 'fs' | 'newId'>,
): Promise<ScanOutcome> => {
  if (pass.sizeBytes === 0)
    return { kind: 'set_aside', reason: 'file_empty', detail: 'The file has 0 bytes.' };
  const chosen = chooseEncoding(pass, text.settings);
  if (chosen.kind === 'foreign') {
    const start = findByteOrderMark(pass.head)?.length ?? 0;
    const foreign = { path: text.path, encoding: chosen.encoding, start };
    const path = await transcodeText(foreign, text.tempFolder, effects);
    const settings = { ...text.settings, encoding: 'utf-8' };
    return scanFile({ ...text, path, settings }, effects);
  }
  const outcome = await scanDirect(text, pass, chosen.encoding, effects);
  if (!chosen.isAssumed) return outcome;
  return withWarning(outcome, {
    code: 'encoding_assumed',
    text: 'The file is not UTF-8; it was read as Windows-1252.',
  });
};

/** Scans a plain text file from its start, in one or two passes. Nothing of it is held in memory but a record. */
export const scanFile = async (
  text: TextFile,
  effects: Pick<Effects, 'fs' | 'newId'>,
): Promise<ScanOutcome> => {
  const scan = beginFirstPass(text);
  await withFile(
    text.path,
    async (file) => {
      const read = readAhead(file);
      for (let chunk = await read(); chunk !== undefined; chunk = await read()) scan.push(chunk);
    },
    effects,
  );
  return scanAfterFirstPass(text, scan.finish(), effects);
};
