/** A column of a file that its contract lacks. `position` counts from 0. */
export type NewColumn = { readonly header: string; readonly position: number };

/** A new column and the name under which bronze keeps it. */
export type AddedColumn = NewColumn & { readonly name: string };

/** Names that the engine gives a meaning of its own in a part or a table. */
const reserved = ['file_row_number', 'filename', 'rowid'];

/** Some engines keep 63 bytes of a name; the rest is room for a number behind it. */
const longestName = 56;

const cutToBytes = (name: string): string => {
  let cut = '';
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > longestName) break;
    cut += character;
  }
  return cut.replace(/_+$/, '');
};

/**
 * A header as a name in small letters with `_` between words: `Room No.` and `roomNo` are `room_no`.
 * Letters of every script stay, accents of Latin ones go; it never begins with `_` or a digit.
 */
export const safeName = (header: string): string => {
  // What lies beyond is cut anyway: a header may be a megabyte.
  const words = header
    .slice(0, 1000)
    .normalize('NFKC')
    .replaceAll('%', ' percent ')
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1_$2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}\p{M}]+/gu, '_')
    .replaceAll(/^_+|_+$/g, '');
  if (words === '') return 'unnamed';
  return cutToBytes(/^\p{N}/u.test(words) ? `column_${words}` : words);
};

/** A header under which a password or another secret stands: such a column is never kept in bronze. */
export const looksSecret = (header: string): boolean =>
  safeName(header)
    .split('_')
    .some(
      (word) =>
        /^(?:pwds?|pins?|secrets?|passcodes?)$/.test(word) || /passw(?:or)?d|tokens?$/.test(word),
    );

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Gives new columns their names: the safe name of the header, with `_2`, `_3` … where a column of the
 * contract, the engine or another header has it. The order of the columns in the file does not count.
 */
export const nameNewColumns = (
  { columns }: { readonly columns: readonly { readonly name: string }[] },
  found: readonly NewColumn[],
): readonly AddedColumn[] => {
  const taken = new Set([...columns.map((column) => column.name), ...reserved]);
  const wishes = found
    .map((column) => ({ ...column, wish: safeName(column.header) }))
    .sort(
      (a, b) =>
        Number(a.header !== a.wish) - Number(b.header !== b.wish) || compare(a.header, b.header),
    );
  const names = new Map<number, string>();
  // First those who get what they ask for: a number behind a name must not take another header's.
  for (const { wish, position } of wishes) {
    if (taken.has(wish)) continue;
    taken.add(wish);
    names.set(position, wish);
  }
  for (const { wish, position } of wishes) {
    if (names.has(position)) continue;
    let number = 2;
    while (taken.has(`${wish}_${number}`)) number += 1;
    taken.add(`${wish}_${number}`);
    names.set(position, `${wish}_${number}`);
  }
  return found.map((column) => ({ ...column, name: names.get(column.position) ?? '' }));
};
