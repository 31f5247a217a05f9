export { sweepArchiveDrafts } from './archive-object.ts';
export { openArchived } from './archive-open.ts';
export { isUntouched, type Member, type Received, receiveFile } from './archive-receive.ts';
export {
  bronzeColumns,
  bronzePosition,
  bronzePositions,
  bronzeQuery,
  bronzeViewColumns,
  bronzeViewQuery,
  type FileVersion,
  idRule,
  numberRepeats,
} from './bronze-query.ts';
export { explainQuery, longestObject } from './explain-query.ts';
export { extractRecords } from './extract-records.ts';
export { type NewReceipt, openReceiptLog, type Receipt, type ReceiptLog } from './index-log.ts';
export { peekHeader } from './peek-header.ts';
export type { RefusedRecord, ScanReport, ScanSettings, SetAside } from './scan.ts';
export { bronzeColumnType, type ReadingContext, typeMisfits } from './typed-columns.ts';
