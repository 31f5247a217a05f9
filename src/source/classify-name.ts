/** What lies in a data file once it is unpacked; `zip` may hold several of the others. */
export type DataFormat = 'csv' | 'tsv' | 'json' | 'xlsx' | 'zip';

export type NameClass =
  | { readonly kind: 'data'; readonly format: DataFormat; readonly isGzip: boolean }
  | { readonly kind: 'temporary' }
  | { readonly kind: 'other' };

const formats: Readonly<Record<string, DataFormat>> = {
  csv: 'csv',
  txt: 'csv',
  tsv: 'tsv',
  json: 'json',
  jsonl: 'json',
  ndjson: 'json',
  xlsx: 'xlsx',
  zip: 'zip',
};

const extensionOf = (name: string): string => {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.slice(dot + 1).toLowerCase();
};

// Half-written downloads, editors' and Office's lock files: whoever wrote them is not done.
const isTemporary = (name: string): boolean =>
  name.startsWith('.') || name.startsWith('~$') || /\.(part|tmp|crdownload|filepart)$/i.test(name);

/** Says by its name alone what a file is: data, a temporary name (never read, never reported), or other. */
export const classifyName = (name: string): NameClass => {
  if (isTemporary(name)) return { kind: 'temporary' };
  const extension = extensionOf(name);
  if (extension === 'gz') {
    const inner = formats[extensionOf(name.slice(0, -3))];
    return inner === undefined || inner === 'zip'
      ? { kind: 'other' }
      : { kind: 'data', format: inner, isGzip: true };
  }
  const format = formats[extension];
  return format === undefined ? { kind: 'other' } : { kind: 'data', format, isGzip: false };
};
