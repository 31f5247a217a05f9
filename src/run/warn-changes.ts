import { quoteName, quoteText, sql } from '../base/index.ts';
import type { LoadedFile } from './load/load-context.ts';
import type { Session } from './run-session.ts';
import { stageNames } from './stage/stage-names.ts';

/** Members that an older version of the same path had and the new one lacks: they stay, and it is said. */
const countMissing = async (
  { engine, book }: Session,
  { row, contract }: LoadedFile,
): Promise<number> => {
  const before = [...book.rows().values()]
    .filter((one) => one.path === row.path && one.status === 'loaded' && one.receipt < row.receipt)
    .sort((a, b) => b.receipt - a.receipt)[0];
  if (before === undefined) return 0;
  const { bronze } = stageNames(contract.feed);
  const key = contract.key.map(quoteName).join(', ') as ReturnType<typeof quoteName>;
  const [found] = await engine.rows(sql`select count(*) as n from (
    select ${key} from ${bronze} where _file_id = ${quoteText(before.file_id)}
    except select ${key} from ${bronze} where _file_id = ${quoteText(row.file_id)})`);
  return Number(found?.n ?? 0);
};

/** Warns of rosters that lost members, and of members that only facts name. */
export const warnOfMembers = async (
  session: Session,
  loaded: readonly LoadedFile[],
): Promise<void> => {
  for (const file of loaded) {
    const { contract, row } = file;
    if (contract.loadStrategy !== 'upsert') continue;
    const missing = await countMissing(session, file);
    if (missing === 0) continue;
    session.load.warn({
      code: 'rows_missing',
      feed: contract.feed,
      file: row.path,
      text: `${missing.toLocaleString('en-US')} members of the version before are not in this one. They stay as they were.`,
    });
  }
  for (const { feed } of session.project.contracts) {
    const [found] = await session.engine.rows(
      sql`select count(*) as n from ${stageNames(feed).inferred}`,
    );
    const inferred = Number(found?.n ?? 0);
    if (inferred === 0) continue;
    session.load.warn({
      code: `${feed}_inferred`,
      feed,
      text: `No file of ${feed} was accepted yet, so ${inferred.toLocaleString('en-US')} were taken from the rows that name them. The first ${feed} file replaces them.`,
    });
  }
};
