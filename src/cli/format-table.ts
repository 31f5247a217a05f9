import Table from 'cli-table3';

/** How a cell is shown to a person: null is empty, everything else as text on one line. */
export const showCell = (cell: unknown): string => {
  if (cell === null || cell === undefined) return '';
  const text = typeof cell === 'object' ? JSON.stringify(cell, bigintAsText) : String(cell);
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '\u200d' || character === '\u200c' ? character : ' ',
  );
};

const bigintAsText = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value;

const isNumeric = (cell: unknown): boolean =>
  cell === null ||
  cell === undefined ||
  typeof cell === 'number' ||
  typeof cell === 'bigint' ||
  (typeof cell === 'string' && /^-?\d[\d,]*(\.\d+)?$/.test(cell));

/** Rows as a plain table: one line a row, numbers to the right, no frame. */
export const formatTable = (
  names: readonly string[],
  rows: readonly (readonly unknown[])[],
): string => {
  const bare = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  };
  const table = new Table({
    head: names.map(showCell),
    chars: bare,
    colAligns: names.map((_, index) =>
      rows.length > 0 && rows.every((row) => isNumeric(row[index])) ? 'right' : 'left',
    ),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(row.map(showCell));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
};
