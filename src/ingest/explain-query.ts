import { joinSql, quoteName, quotePath, quoteText, type Sql, sql } from '../base/index.ts';
import type { Contract } from '../contract/index.ts';
import { rawStage, typedStage } from './bronze-query.ts';
import { cellNames } from './scan-csv-copy.ts';
import { type ReadingContext, refusalConditions } from './typed-columns.ts';

/** The engine holds twice that in memory at once, so it is no more than the file itself. */
export const longestObject = (fileBytes: number): number =>
  Math.min(268_435_456, Math.max(65_536, fileBytes + 2));

/**
 * Explains refused records: every reason of each, from its raw cells. `recordsPath` holds JSON lines
 * of RefusedRecord; columns out: row, line, byte_offset, byte_length, reasons [{code, column}], raw_record.
 */
export const explainQuery = (
  contract: Contract,
  context: ReadingContext,
  source: {
    readonly recordsPath: string;
    readonly recordsBytes: number;
    readonly columns: readonly string[];
  },
): Sql => {
  const cells = cellNames(source.columns).map(
    (header) => sql`map_extract_value(cells, ${quoteText(header)})`,
  );
  const own = joinSql(
    refusalConditions(contract, context).map(
      ({ code, column, when }) =>
        sql`case when cells is not null and coalesce(${when}, false) then {'code': ${quoteText(code)}, 'column': cast(${quoteText(column)} as varchar)} end`,
    ),
  );
  const records = sql`select * from read_json(${quotePath(source.recordsPath)}, format = 'newline_delimited', maximum_object_size = ${longestObject(source.recordsBytes)},
    columns = {'row': 'BIGINT', 'line': 'BIGINT', 'byte_offset': 'BIGINT', 'byte_length': 'BIGINT', 'codes': 'VARCHAR[]', 'raw': 'VARCHAR', 'cells': 'MAP(VARCHAR, VARCHAR)'})`;
  const kept = ['row', 'line', 'byte_offset', 'byte_length', 'codes', 'raw', 'cells'].map(
    quoteName,
  );
  return sql`select "row", line, byte_offset, byte_length,
      list_distinct(list_concat(
        list_transform(codes, c -> {'code': c, 'column': cast(null as varchar)}),
        list_filter([${own}], r -> r is not null))) as reasons,
      len(codes) > 0 as _at_scan, raw as raw_record
    from (select *, ${typedStage(contract, context)}
      from (${rawStage(contract, context, { from: records, cells, kept })}))`;
};
