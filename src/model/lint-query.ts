import { type PipelineError, type Place, pipelineError } from '../base/index.ts';
import { modelErrors } from './errors.ts';
import { maskSql, placeOfByte, placeOfCharacter } from './mask-sql.ts';
import { type Finding, isNode, nodeFindings, nodes, offsetOf } from './refused-constructs.ts';

/** Walks the tree; `isEnd` marks the outermost select, which alone may end in `select * from final`. */
const walk = (value: unknown, isEnd: boolean, found: Finding[]): void => {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, false, found);
    return;
  }
  if (!isNode(value)) return;
  found.push(...nodeFindings(value));
  const isSetOperation = value.type === 'SET_OPERATION_NODE';
  const isValues = isNode(value.from_table) && value.from_table.type === 'EXPRESSION_LIST';
  for (const [key, child] of Object.entries(value)) {
    if (key === 'node') {
      walk(child, isEnd, found);
    } else if (isSetOperation && (key === 'left' || key === 'right' || key === 'children')) {
      for (const side of Array.isArray(child) ? child : [child]) walk(side, isEnd, found);
    } else if (key === 'select_list' && (isEnd || isValues)) {
      for (const item of nodes(child)) {
        if (item.class !== 'STAR' || item.columns === true) walk(item, false, found);
      }
    } else walk(child, false, found);
  }
  if (value.class === 'STAR') {
    found.push({
      offset: offsetOf(value),
      construct: '`*` before the end',
      instead: 'list the columns; only the last select may be `select * from final`',
    });
  }
};

export type QueryText = {
  /** Model or check, for the message. */
  readonly reader: string;
  readonly sql: string;
  readonly file: string;
  /** Where the SQL begins when it stands inside another file; offsets are then unknown. */
  readonly inside: Place | undefined;
};

const maxLines = 180;

/** Constructs that house style refuses in models, each with its place where the parser knows it. */
export const lintQuery = (query: QueryText, tree: unknown): readonly PipelineError[] => {
  const { reader, sql, file, inside } = query;
  const masked = maskSql(sql);
  const found: Finding[] = [];
  walk(tree, true, found);
  const problems = found.map(({ offset, construct, instead }) =>
    pipelineError(
      modelErrors,
      'model.refused-construct',
      { reader, construct, instead },
      { place: inside ?? (offset === undefined ? { file } : placeOfByte(file, sql, offset)) },
    ),
  );
  for (const cast of masked.matchAll(/::/g)) {
    problems.push(
      pipelineError(
        modelErrors,
        'model.refused-construct',
        { reader, construct: '`::`', instead: 'write cast(… as …)' },
        { place: inside ?? placeOfCharacter(file, sql, cast.index) },
      ),
    );
  }
  const lines = sql.trimEnd().split('\n').length;
  if (lines > maxLines) {
    problems.push(
      pipelineError(
        modelErrors,
        'model.too-long',
        { reader, lines, limit: maxLines },
        { place: inside ?? { file, line: maxLines + 1 } },
      ),
    );
  }
  return problems;
};
