import { technical, usage } from '../base/index.ts';

/** What generating a school can refuse. */
export const generateErrors = {
  'generate.option-range': usage(
    (f: { option: string; lowest: number; highest: number }) =>
      `${f.option} must be a whole number from ${f.lowest} to ${f.highest}.`,
  ),
  'generate.start-date': usage(
    () => 'The start date must be a date as yyyy-mm-dd between 1950 and 2080.',
  ),
  'generate.too-many-defects': usage(
    (f: { feed: string; planted: number; room: number }) =>
      `${f.planted} planted rows do not fit into ${f.feed}, which has room for ${f.room}.`,
  ),
  'generate.file-exists': usage(
    (f: { name: string }) => `${f.name} already exists. Nothing was written.`,
  ),
  'generate.unbalanced': technical(
    (f: { name: string; read: number; sum: number }) =>
      `${f.name}: ${f.read} records were written and ${f.sum} were accounted for.`,
  ),
};
