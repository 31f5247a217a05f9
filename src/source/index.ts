export { classifyName, type DataFormat, type NameClass } from './classify-name.ts';
export {
  type LocalFile,
  type LocalListing,
  listLocalFiles,
  type SkippedFile,
  type UnsafeFile,
} from './list-local-files.ts';
export { isMatch } from './match-pattern.ts';
