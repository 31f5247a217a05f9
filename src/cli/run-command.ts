import { resolve } from 'node:path';
import { type Effects, nodeEffects, PipelineError } from '../base/index.ts';
import type { Command, OptionValues } from './command.ts';
import { createOutput, errorLines } from './output.ts';
import { folderToType, toType } from './to-type.ts';

const exitCodes = { data: 1, usage: 2, technical: 3, locked: 4 } as const;

/** SIGINT and SIGTERM ask the command to end; the second ends the process at once. */
const stopSignals = (): { signal: AbortSignal; exitCode: () => number | undefined } => {
  const controller = new AbortController();
  let code: number | undefined;
  const stop = (exitCode: number) => (): void => {
    if (code !== undefined) process.exit(exitCode);
    code = exitCode;
    controller.abort();
  };
  process.on('SIGINT', stop(130));
  process.on('SIGTERM', stop(143));
  return { signal: controller.signal, exitCode: () => code };
};

/** What was typed behind a command, and the program that it was typed to. */
export type Typed = {
  readonly args: readonly (string | undefined)[];
  readonly options: OptionValues;
  readonly program: { readonly packageFolder: string; readonly version: string };
};

/** Runs one command, prints what stops it and gives the exit code. */
export const runCommand = async (
  command: Command,
  { args, options, program }: Typed,
  given?: Effects,
): Promise<number> => {
  const effects = given ?? (await nodeEffects());
  const output = createOutput({
    json: options.json === true,
    quiet: options.quiet === true,
    noColor: (effects.env.NO_COLOR ?? '') !== '',
    toType: toType(folderToType(options, undefined)),
  });
  const stop = stopSignals();
  const debug = options.debug === true;
  try {
    const { run } = await command.load();
    const code = await run({
      args,
      options,
      output,
      projectFolder: resolve(typeof options.projectDir === 'string' ? options.projectDir : '.'),
      effects: debug
        ? {
            ...effects,
            log: {
              debug: (event, facts) =>
                output.alarm(`debug ${event} ${JSON.stringify(facts ?? {})}`),
            },
          }
        : effects,
      signal: stop.signal,
      ...program,
    });
    return stop.exitCode() ?? code;
  } catch (error) {
    const interrupted = stop.exitCode();
    if (interrupted !== undefined) {
      output.alarm('interrupted; nothing was changed');
      return interrupted;
    }
    if (error instanceof PipelineError) {
      output.alarm(errorLines(error, output));
      return exitCodes[error.kind];
    }
    const systemCode = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (systemCode?.endsWith('MODULE_NOT_FOUND')) {
      output.alarm(
        'error system.program-incomplete\n  A part of the program is missing: the engine for this kind of machine is an optional package of npm.\n  Install Schoolhouse again, without leaving optional packages out.',
      );
      return 3;
    }
    if (systemCode !== undefined) {
      const where = error instanceof Error && 'path' in error ? `  ${String(error.path)}` : '';
      output.alarm(
        `error system.${systemCode.toLowerCase()}${where}\n  The system refused: ${systemCode}. The tables are as the last commit left them.`,
      );
      return 3;
    }
    output.alarm(
      'error internal  This is a fault of Schoolhouse; the tables are as the last commit left them. --debug shows where.',
    );
    if (debug && error instanceof Error) output.alarm(error.stack ?? error.message);
    return 3;
  }
};
