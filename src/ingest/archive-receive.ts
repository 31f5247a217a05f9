import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Effects, hashFile, PipelineError, pipelineError } from '../base/index.ts';
import type { LocalFile } from '../source/index.ts';
import { type ArchiveDraft, openArchiveDraft } from './archive-object.ts';
import { ingestErrors } from './errors.ts';
import type { ScanOutcome, ScanSettings, ScanWarning, SetAside } from './scan.ts';
import {
  beginFirstPass,
  type FirstPass,
  scanAfterFirstPass,
  scanFile,
  type TextFormat,
} from './scan-file.ts';
import { diskCode } from './scan-file-disk.ts';
import { readAhead, withFile } from './scan-file-window.ts';
import { unpackFile } from './unpack.ts';

export type ReceiveOptions = {
  readonly archiveFolder: string;
  /** A folder for temp files; each file gets a folder of its own in it. */
  readonly tempFolder: string;
  /** True for bytes that need not be scanned (again). */
  readonly isKnown: (sha256: string) => boolean;
  /** Sizes of known files: one of these is hashed alone first, which is four times as fast. */
  readonly knownSizes?: ReadonlySet<number>;
  /** Settings for a path (for an entry of a zip: `x.zip/inner.csv`). */
  readonly settingsFor?: (path: string) => ScanSettings;
  /** Told now and then how many bytes of the file were read. */
  readonly onBytes?: (done: number) => void;
};

/** One text of a file: the file itself, or an entry of a zip. */
export type Member = { readonly path: string; readonly outcome: ScanOutcome };

export type Scanned = {
  readonly members: readonly Member[];
  readonly warnings: readonly ScanWarning[];
  /** Holds the temp files; the caller removes it when the members are loaded. */
  readonly workFolder: string;
};

export type Received =
  | ({
      readonly kind: 'scanned';
      readonly sha256: string;
      readonly sizeBytes: number;
      /** False when the archive held the bytes already. */
      readonly isNewObject: boolean;
    } & Scanned)
  | { readonly kind: 'known'; readonly sha256: string; readonly sizeBytes: number }
  /** Still being written: left for the next run. */
  | { readonly kind: 'waiting' }
  /** `sha256` is set when its bytes were read whole, and are in the archive. */
  | (SetAside & { readonly sha256: string | undefined; readonly sizeBytes: number });

type Original = {
  readonly path: string;
  readonly absolutePath: string;
  readonly sizeBytes: number;
  readonly format: LocalFile['format'];
  readonly isGzip: boolean;
};

/** The format of an original that is a text as it lies there; undefined when it must be unpacked first. */
const plainFormat = ({ format, isGzip }: Original): TextFormat | undefined =>
  isGzip || format === 'zip' || format === 'xlsx' ? undefined : format;

/** Scans an original file: unpacked when packed, every text in it on its own. `pass` is its first pass when it was done. */
export const scanOriginal = async (
  original: Original,
  { workFolder, settingsFor }: Pick<Scanned, 'workFolder'> & Pick<ReceiveOptions, 'settingsFor'>,
  pass: FirstPass | undefined,
  effects: Pick<Effects, 'fs' | 'newId'>,
): Promise<({ readonly kind: 'scanned' } & Scanned) | SetAside> => {
  const unpacked = await unpackFile(original, workFolder, effects);
  if (unpacked.kind === 'set_aside') return unpacked;
  const members: Member[] = [];
  for (const { path, absolutePath, format } of unpacked.texts) {
    const name = original.isGzip ? path.slice(0, -'.gz'.length) : path;
    const settings = settingsFor?.(path) ?? {};
    const text = { path: absolutePath, name, format, settings, tempFolder: workFolder };
    const outcome =
      pass === undefined
        ? await scanFile(text, effects)
        : await scanAfterFirstPass(text, pass, effects);
    members.push({ path, outcome });
  }
  const only = original.format === 'zip' ? undefined : members[0]?.outcome;
  if (only?.kind === 'set_aside') return only;
  return { kind: 'scanned', members, warnings: unpacked.warnings, workFolder };
};

/** True while a listed file is what it was: same size, time and identity. To be asked again after the engine has read it. */
export const isUntouched = async (
  file: Pick<LocalFile, 'absolutePath' | 'fingerprint'>,
  effects: Pick<Effects, 'fs'>,
): Promise<boolean> => (await effects.fs.stat(file.absolutePath))?.fingerprint === file.fingerprint;

const gone: SetAside = {
  kind: 'set_aside',
  reason: 'file_gone',
  detail: 'The file is not there any more.',
};

const special: SetAside = {
  kind: 'set_aside',
  reason: 'file_unsafe',
  detail: 'It is a link, a folder or a device, not a file.',
};

/** What a file is now, if it is not the untouched file that was listed. */
const findChange = async (
  file: LocalFile,
  effects: Pick<Effects, 'fs'>,
): Promise<Received | undefined> => {
  const facts = await effects.fs.stat(file.absolutePath);
  const nothing = { sha256: undefined, sizeBytes: file.sizeBytes };
  if (facts === undefined) return { ...gone, ...nothing };
  if (facts.kind !== 'file') return { ...special, ...nothing };
  return facts.fingerprint === file.fingerprint ? undefined : { kind: 'waiting' };
};

type Effectful = Pick<Effects, 'fs' | 'newId' | 'point'>;

const tellBytes = 16 << 20;

/** The pass over the original bytes: hash, archive draft and, for a plain text, the first pass of the scan. */
const readOnce = async (
  file: LocalFile,
  {
    draft,
    onBytes,
  }: { readonly draft: Pick<ArchiveDraft, 'write'>; readonly onBytes: ReceiveOptions['onBytes'] },
  effects: Effectful,
): Promise<{ readonly sha256: string; readonly pass: FirstPass | undefined }> => {
  const format = plainFormat(file);
  const scan = format === undefined ? undefined : beginFirstPass({ format, name: file.path });
  const hash = createHash('sha256');
  let done = 0;
  let told = 0;
  await withFile(
    file.absolutePath,
    async (open) => {
      const read = readAhead(open);
      for (let chunk = await read(); chunk !== undefined; chunk = await read()) {
        await draft.write(chunk);
        hash.update(chunk);
        scan?.push(chunk);
        done += chunk.length;
        if (done - told < tellBytes) continue;
        told = done;
        onBytes?.(done);
      }
    },
    effects,
  );
  return { sha256: hash.digest('hex'), pass: scan?.finish() };
};

const receiveInto = async (
  file: LocalFile,
  options: ReceiveOptions,
  workFolder: string,
  effects: Effectful,
): Promise<Received> => {
  const { sizeBytes } = file;
  const draft = await openArchiveDraft(options.archiveFolder, effects);
  try {
    const { sha256, pass } = await readOnce(file, { draft, onBytes: options.onBytes }, effects);
    const early = await findChange(file, effects);
    if (early !== undefined) return early;
    if (options.isKnown(sha256)) return { kind: 'known', sha256, sizeBytes };
    const { settingsFor } = options;
    const into = settingsFor === undefined ? { workFolder } : { workFolder, settingsFor };
    const outcome = await scanOriginal(file, into, pass, effects);
    const late = await findChange(file, effects);
    if (late !== undefined) return late;
    const isNewObject = await draft.keepAs(sha256);
    return outcome.kind === 'set_aside'
      ? { ...outcome, sha256, sizeBytes }
      : { ...outcome, sha256, sizeBytes, isNewObject };
  } finally {
    await draft.discard();
  }
};

/** What stopped us from reading, as a result or an error of ours. */
const translate = (error: unknown, file: LocalFile): Received => {
  const code = diskCode(error);
  if (error instanceof PipelineError || code === undefined) throw error;
  const nothing = { sha256: undefined, sizeBytes: file.sizeBytes };
  if (code === 'ENOENT') return { ...gone, ...nothing };
  if (code === 'ELOOP' || code === 'EISDIR' || code === 'ENXIO') return { ...special, ...nothing };
  const place = { file: file.path };
  throw pipelineError(
    ingestErrors,
    'ingest.unreadable',
    { path: file.path, code },
    { place, cause: error },
  );
};

/**
 * Receives one listed file: reads its bytes once (SHA-256, archive, scan side by side), compares it before and after, keeps the
 * bytes in the archive, and says what is in it. Only `scanned` leaves temp files, in its `workFolder`. Throws `ingest.disk`
 * and `ingest.unreadable` (technical); everything about the content is a result.
 */
export const receiveFile = async (
  file: LocalFile,
  options: ReceiveOptions,
  effects: Effectful,
): Promise<Received> => {
  const change = await findChange(file, effects);
  if (change !== undefined) return change;
  const { sizeBytes } = file;
  if (sizeBytes === 0) {
    const detail = 'The file has 0 bytes.';
    return { kind: 'set_aside', reason: 'file_empty', detail, sha256: undefined, sizeBytes };
  }
  const workFolder = join(options.tempFolder, effects.newId());
  let received: Received | undefined;
  try {
    if (options.knownSizes?.has(sizeBytes) === true) {
      const sha256 = await hashFile(file.absolutePath, effects);
      const isSame = await isUntouched(file, effects);
      if (isSame && options.isKnown(sha256)) return { kind: 'known', sha256, sizeBytes };
    }
    await effects.fs.makeFolder(workFolder);
    received = await receiveInto(file, options, workFolder, effects);
  } catch (error) {
    received = translate(error, file);
  } finally {
    if (received?.kind !== 'scanned') await effects.fs.removeTree(workFolder);
  }
  return received;
};
