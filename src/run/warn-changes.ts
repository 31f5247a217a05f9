import {
  joinSql,
  plural,
  quoteName,
  quoteText,
  type Sql,
  sayCount,
  sql,
  trustedSql,
} from '../base/index.ts';
import { type Contract, studentFeed } from '../contract/index.ts';
import type { LoadedFile } from './load/load-context.ts';
import type { Session } from './run-session.ts';
import { stageNames } from './stage/stage-names.ts';

/** The reference model that says which words of a column mean that a member is there. */
const activityModel = 'reference.enrollment_code';

/** The rows of bronze whose member is active; all of them where the feed tells no enrollment. */
const activeRows = ({ project }: Session, { feed, columns }: Contract): Sql => {
  const { bronze } = stageNames(feed);
  const status = columns.find(
    ({ type }) => type.kind === 'code' && type.vocabulary === 'enrollment_status',
  );
  const codes = project.graph.models.find((model) => model.relation === activityModel);
  if (status === undefined || codes === undefined) return sql`select * from ${bronze}`;
  const name = quoteName(status.name);
  return sql`select * from ${bronze}
    where ${name} is null or ${name} in (select code from (${trustedSql(codes.sql)}) where is_active)`;
};

type Missing = {
  /** Members of the version before that the new one lacks. */
  readonly members: number;
  /** The active ones of them, of so many active members of the version before. */
  readonly active: number;
  readonly activeBefore: number;
};

const nobody: Missing = { members: 0, active: 0, activeBefore: 0 };

/** Members that an older version of the same path had and the new one lacks. */
const countMissing = async (session: Session, { row, contract }: LoadedFile): Promise<Missing> => {
  const { engine, book } = session;
  const before = [...book.rows().values()]
    .filter((one) => one.path === row.path && one.status === 'loaded' && one.receipt < row.receipt)
    .sort((a, b) => b.receipt - a.receipt)[0];
  if (before === undefined) return nobody;
  const { bronze } = stageNames(contract.feed);
  const key = joinSql(contract.key.map(quoteName));
  const of = (rows: Sql, file: string): Sql =>
    sql`select ${key} from (${rows}) where _file_id = ${quoteText(file)}`;
  const all = sql`select * from ${bronze}`;
  const active = of(activeRows(session, contract), before.file_id);
  const now = of(all, row.file_id);
  const [found] = await engine.rows(sql`select
    (select count(*) from (${of(all, before.file_id)} except ${now})) as members,
    (select count(*) from (${active} except ${now})) as active,
    (select count(*) from (select distinct * from (${active}))) as active_before`);
  return {
    members: Number(found?.members ?? 0),
    active: Number(found?.active ?? 0),
    activeBefore: Number(found?.active_before ?? 0),
  };
};

/** What is said of members who are not in the new version: they stay, and a roster may be cut off. */
export const missingText = (
  feed: string,
  { members, active, activeBefore }: Missing,
  maxMissing: number,
): string => {
  const isOne = members === 1;
  const who = plural(members, 'member', 'members');
  const said = `${who} of the version before ${isOne ? 'is' : 'are'} not in this one.`;
  const stays = isOne ? 'It stays as it was.' : 'They stay as they were.';
  if (feed !== studentFeed || active * 100 <= maxMissing * activeBefore) return `${said} ${stays}`;
  const of = plural(activeBefore, 'active member', 'active members');
  return `${said} The file looks cut off: it lacks ${sayCount(active)} of ${of}, more than ${maxMissing} % (students.max_missing). ${stays} Look whether the export was whole.`;
};

/** What is said of members that no file of their feed told of. */
export const inferredText = (feed: string, members: number): string => {
  const taken =
    members === 1
      ? '1 was taken from the rows that name it'
      : `${sayCount(members)} were taken from the rows that name them`;
  return `No file of ${feed} was accepted yet, so ${taken}. The first ${feed} file replaces ${members === 1 ? 'it' : 'them'}.`;
};

/** Warns of rosters that lost members, and of members that only facts name. */
export const warnOfMembers = async (
  session: Session,
  loaded: readonly LoadedFile[],
): Promise<void> => {
  const maxMissing = session.project.config.settings['students.max_missing'];
  for (const file of loaded) {
    const { contract, row } = file;
    if (contract.loadStrategy !== 'upsert') continue;
    const missing = await countMissing(session, file);
    if (missing.members === 0) continue;
    session.load.warn({
      code: 'rows_missing',
      feed: contract.feed,
      file: row.path,
      text: missingText(contract.feed, missing, maxMissing),
    });
  }
  for (const { feed } of session.project.contracts) {
    const name = `staging.${feed}_inferred`;
    if (!session.project.graph.models.some((model) => model.reads.includes(name))) continue;
    const [found] = await session.engine.rows(
      sql`select count(*) as n from ${stageNames(feed).inferred}`,
    );
    const inferred = Number(found?.n ?? 0);
    if (inferred === 0) continue;
    session.load.warn({
      code: `${feed}_inferred`,
      feed,
      text: inferredText(feed, inferred),
    });
  }
};
