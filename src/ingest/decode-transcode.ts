import { type Effects, pipelineError } from '../base/index.ts';
import { ingestErrors } from './errors.ts';
import { openSink } from './scan-file-output.ts';
import { readFrom, withFile } from './scan-file-window.ts';

/** Turns bytes into text piece by piece; `undefined` ends the file. */
type Decode = (chunk: Uint8Array | undefined) => string;

const decodeUtf16 = (isBigEndian: boolean): Decode => {
  let carry: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = Buffer.concat(chunk === undefined ? [carry] : [carry, chunk]);
    let whole = bytes.length - (bytes.length % 2);
    const lead = bytes[isBigEndian ? whole - 2 : whole - 1] ?? 0;
    // Half of a surrogate pair waits for its other half.
    if (chunk !== undefined && whole >= 2 && lead >= 0xd8 && lead <= 0xdb) whole -= 2;
    const units = Buffer.from(bytes.subarray(0, whole));
    if (isBigEndian) units.swap16();
    carry = Buffer.from(bytes.subarray(whole));
    const odd = chunk === undefined && carry.length > 0 ? '\ud800' : '';
    return units.toString('utf16le') + odd;
  };
};

const decodeLabel = (label: string): Decode => {
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(label);
  } catch (cause) {
    throw pipelineError(ingestErrors, 'ingest.encoding-unknown', { encoding: label }, { cause });
  }
  return (chunk) =>
    decoder.decode(chunk, { stream: chunk !== undefined }).replaceAll('\ufffd', '\ud800');
};

/** UTF-8 in which what could not be decoded is the byte FF, so that the scan refuses its row and no other. */
const toUtf8 = (text: string): Buffer => {
  const parts = text.split(/\p{Surrogate}/u);
  if (parts.length === 1) return Buffer.from(text);
  const bad = Buffer.of(0xff);
  return Buffer.concat(
    parts.flatMap((part, index) => [...(index > 0 ? [bad] : []), Buffer.from(part)]),
  );
};

/** Writes a text of another encoding (WHATWG label) to a temp file as UTF-8, `start` bytes of it left out. Lines stay lines. */
export const transcodeText = async (
  text: { readonly path: string; readonly encoding: string; readonly start: number },
  tempFolder: string,
  effects: Pick<Effects, 'fs' | 'newId'>,
): Promise<string> => {
  const label = text.encoding.trim().toLowerCase();
  const decode = /^utf-?16/.test(label) ? decodeUtf16(label.endsWith('be')) : decodeLabel(label);
  const sink = openSink(tempFolder, '-utf8', effects);
  await withFile(
    text.path,
    async (file) => {
      const read = readFrom(file, text.start);
      for (;;) {
        const chunk = await read();
        const bytes = toUtf8(decode(chunk));
        sink.ensure(bytes.length);
        sink.buffer.set(bytes, sink.length);
        sink.length += bytes.length;
        await sink.flush();
        if (chunk === undefined) break;
      }
    },
    effects,
  );
  await sink.close();
  return sink.path;
};
