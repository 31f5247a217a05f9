import { join } from 'node:path';
import { type Effects, pipelineError } from '../base/index.ts';
import { configFile } from '../contract/index.ts';
import { runErrors } from './errors.ts';

/** What makes a folder a project: its settings, its drop zone, or what a run left there. */
const marks = [configFile, 'data/raw', 'data/archive', 'data/lake'] as const;

/**
 * Throws where a folder has nothing of a project: a run in the wrong folder must not end as "nothing new".
 * Asked before anything is written there.
 */
export const requireProject = async (
  projectFolder: string,
  { fs, env }: Pick<Effects, 'fs' | 'env'>,
): Promise<void> => {
  if (env.SCHOOLHOUSE__SOURCES__LOCAL !== undefined) return;
  for (const mark of marks) if ((await fs.stat(join(projectFolder, mark))) !== undefined) return;
  throw pipelineError(
    runErrors,
    'run.no-project',
    {},
    {
      place: { file: projectFolder },
      hint: 'To make a project here: schoolhouse init\nTo work on one that lies elsewhere, give --project-dir <folder> before the command.',
    },
  );
};
