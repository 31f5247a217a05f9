import type { PipelineError } from '../base/index.ts';
import { errorLines, type Output } from './output.ts';

/** Prints every problem of the project's files; the exit code is 2. */
export const printProblems = async (
  output: Output,
  problems: readonly PipelineError[],
): Promise<number> => {
  if (output.json) {
    const listed = problems.map(({ code, message, place, hint }) => ({
      code,
      message,
      ...place,
      hint,
    }));
    await output.data(JSON.stringify({ status: 'failed', problems: listed }));
  }
  for (const problem of problems) output.alarm(errorLines(problem, output));
  output.alarm(
    problems.length === 1
      ? '1 problem. Nothing was changed.'
      : `${problems.length} problems. Nothing was changed.`,
  );
  return 2;
};
