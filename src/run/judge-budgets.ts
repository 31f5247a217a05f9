import type { LoadedFile } from './load/load-context.ts';
import type { Project } from './open-project.ts';

/** A feed whose new files hold too many refused rows. */
export type BudgetFailure = {
  readonly feed: string;
  readonly fileIds: readonly string[];
  readonly quarantined: number;
  readonly rows: number;
  /** The setting that would accept them, when one would. */
  readonly hint: string;
};

/**
 * Judges each feed's new files: refused rows may be at most `quarantine.budget_pct` percent of the rows,
 * or `quarantine.budget_rows` rows. Decided on integers.
 */
export const judgeBudgets = (
  project: Project,
  files: readonly LoadedFile[],
): readonly BudgetFailure[] => {
  const percent = project.config.settings['quarantine.budget_pct'];
  const allowedRows = project.config.settings['quarantine.budget_rows'];
  return [...new Set(files.map((file) => file.contract.feed))].flatMap((feed) => {
    const own = files.filter((file) => file.contract.feed === feed);
    const quarantined = own.reduce((sum, file) => sum + file.row.quarantined, 0);
    const rows = own.reduce((sum, file) => sum + file.row.read - file.row.blank, 0);
    if (quarantined <= allowedRows || quarantined * 100 <= percent * rows) return [];
    const needed = Math.ceil((quarantined * 100) / rows);
    const hint =
      needed >= 100
        ? 'Every row was refused: look at the reasons with schoolhouse quarantine list, then at the contract of the feed.'
        : `To accept them, in schoolhouse.yaml: quarantine: { budget_pct: ${needed} }`;
    return [{ feed, fileIds: own.map((file) => file.row.file_id), quarantined, rows, hint }];
  });
};
