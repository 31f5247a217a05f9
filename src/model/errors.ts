import { usage } from '../base/index.ts';

/** What can be wrong with a project's models. Facts are names of models, columns and rules. */
export const modelErrors = {
  'model.sidecar': usage(
    (f: { model: string; at: string; problem: string }) =>
      `The sidecar of ${f.model} does not fit at ${f.at}: ${f.problem}.`,
  ),
  'model.sidecar-missing': usage(
    (f: { model: string; sidecar: string }) =>
      `${f.model} has no sidecar ${f.sidecar}; it says grain, key and columns.`,
  ),
  'model.sql-missing': usage(
    (f: { model: string; file: string }) =>
      `The sidecar of ${f.model} stands alone: there is no ${f.file}.`,
  ),
  'model.sql': usage(
    (f: { reader: string; reason: string }) =>
      `The SQL of ${f.reader} cannot be read as one SELECT: ${f.reason}.`,
  ),
  'model.refused-construct': usage(
    (f: { reader: string; construct: string; instead: string }) =>
      `${f.reader} uses ${f.construct}, which models may not: ${f.instead}.`,
  ),
  'model.too-long': usage(
    (f: { reader: string; lines: number; limit: number }) =>
      `The SQL of ${f.reader} has ${f.lines} lines; ${f.limit} are allowed.`,
  ),
  'model.unqualified-relation': usage(
    (f: { reader: string; relation: string }) =>
      `${f.reader} reads ${f.relation} without its schema.`,
  ),
  'model.unknown-relation': usage(
    (f: { reader: string; relation: string }) =>
      `${f.reader} reads ${f.relation}, which no model or feed provides.`,
  ),
  'model.layer': usage(
    (f: { reader: string; relation: string; allowed: readonly string[] }) =>
      `${f.reader} reads ${f.relation}; it may read ${f.allowed.length === 0 ? 'nothing' : f.allowed.join(', ')} only.`,
  ),
  'model.cycle': usage(
    (f: { models: readonly string[] }) =>
      `Models read each other in a circle: ${f.models.join(' → ')}.`,
  ),
  'model.name': usage(
    (f: { file: string }) =>
      `The file name ${f.file} is no relation name: lower-case letters, digits and _ only.`,
  ),
  'model.name-taken': usage(
    (f: { model: string }) =>
      `${f.model} is provided by the run itself; a model may not have its name.`,
  ),
  'model.does-not-compile': usage(
    (f: { reader: string; problem: string }) =>
      `${f.reader} does not compile over empty relations: ${f.problem}`,
  ),
  'model.columns-differ': usage(
    (f: { model: string; undeclared: readonly string[]; absent: readonly string[] }) =>
      [
        `The columns of ${f.model} differ from its sidecar.`,
        f.undeclared.length > 0 ? ` Not in the sidecar: ${f.undeclared.join(', ')}.` : '',
        f.absent.length > 0 ? ` Not in the query: ${f.absent.join(', ')}.` : '',
      ].join(''),
  ),
  'model.type-differs': usage(
    (f: { model: string; column: string; declared: string; actual: string }) =>
      `${f.model}.${f.column} is declared ${f.declared}, and the query gives ${f.actual}.`,
  ),
  'model.type-refused': usage(
    (f: { model: string; column: string; type: string }) =>
      `${f.model}.${f.column} has the type ${f.type}, which no part can hold exactly.`,
  ),
  'model.column-unknown': usage(
    (f: { model: string; use: string; column: string }) =>
      `${f.use} of ${f.model} names ${f.column}, which is none of its columns.`,
  ),
  'model.touched': usage(
    (f: { model: string; expected: readonly string[] }) =>
      `\`touched\` of ${f.model} must give exactly the columns of \`by\`: ${f.expected.join(', ')}.`,
  ),
  'model.touched-delta': usage(
    (f: { model: string; delta: string; own: readonly string[] }) =>
      `\`touched\` of ${f.model} reads ${f.delta}, which may not be there when it is built: there are the changes of what it reads, below views (${f.own.join(', ')}).`,
  ),
  'model.check-without-trips': usage(
    (f: { check: string }) =>
      `The check ${f.check} has no trips: one that cannot fail proves nothing.`,
  ),
  'model.test-failed': usage(
    (f: { user: string; difference: string }) => `${f.user} fails: ${f.difference}.`,
  ),
  'model.check-name-taken': usage(
    (f: { check: string; owner: string }) => `The check ${f.check} exists already, in ${f.owner}.`,
  ),
  'model.fixture-relation': usage(
    (f: { user: string; relation: string }) =>
      `${f.user} gives rows of ${f.relation}, which the query does not read.`,
  ),
  'model.fixture-column': usage(
    (f: { user: string; relation: string; column: string }) =>
      `${f.user} gives ${f.relation} the column ${f.column}, which it does not have.`,
  ),
  'model.fixture-value': usage(
    (f: { user: string; relation: string }) =>
      `${f.user} gives ${f.relation} a value that does not fit its column's type.`,
  ),
} as const;
