import { expect, it } from 'vitest';
import { openFileBook } from './file-book.ts';
import type { FileRow } from './load/file-row.ts';

/** A file of ten records, nine of them loaded and one refused. */
const ten: FileRow = {
  ...{ file_id: '1', path: 'data/raw/attendance.csv', sha256: null, size_bytes: 1 },
  ...{ feed: 'attendance', batch_date: null, status: 'loaded', reason: null, detail: null },
  ...{ receipt: 1, received_on: '2025-06-16', run_id: 1, read_with: '' },
  ...{ read: 10, loaded: 9, duplicate: 0, superseded: 0, blank: 0, quarantined: 1 },
};

it('a file whose records are all accounted for is in balance', () => {
  const book = openFileBook([ten]);
  book.add('1', { loaded: 1, quarantined: -1 });
  expect(() => book.verify()).not.toThrow();
});

it('a record too few is told with the difference', () => {
  const book = openFileBook([ten]);
  book.add('1', { loaded: -2 });
  expect(() => book.verify()).toThrow(
    'data/raw/attendance.csv has 10 records, but 8 were accounted for: a difference of 2.',
  );
});

it('a count below zero is out of balance, though another makes up for it', () => {
  const book = openFileBook([ten]);
  book.add('1', { loaded: 2, quarantined: -2 });
  expect(() => book.verify()).toThrow(
    'A count of the records of data/raw/attendance.csv is below zero.',
  );
});
