import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command as Commander, CommanderError } from 'commander';
import { type Effects, nodeEffects, PipelineError } from '../base/index.ts';
import type { Command, OptionValues } from './command.ts';
import { commands } from './commands.ts';
import { createOutput, errorLines } from './output.ts';
import { folderToType, toType } from './to-type.ts';

const packageFolder = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const exitCodes = { data: 1, usage: 2, technical: 3, locked: 4 } as const;

const readVersion = (): string => {
  const text: unknown = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  return typeof text === 'object' && text !== null && 'version' in text ? String(text.version) : '';
};

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

const runCommand = async (
  command: Command,
  {
    args,
    options,
    effects,
  }: {
    readonly args: readonly (string | undefined)[];
    readonly options: OptionValues;
    readonly effects: Effects;
  },
): Promise<number> => {
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
      packageFolder,
      version: readVersion(),
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
    if (systemCode !== undefined) {
      const where = error instanceof Error && 'path' in error ? `  ${String(error.path)}` : '';
      output.alarm(
        `error system.${systemCode.toLowerCase()}${where}\n  The system refused: ${systemCode}. Nothing was committed.`,
      );
      return 3;
    }
    output.alarm(
      'error internal  This is a fault of Schoolhouse; nothing was committed. --debug shows where.',
    );
    if (debug && error instanceof Error) output.alarm(error.stack ?? error.message);
    return 3;
  }
};

const addCommand = (program: Commander, command: Command, effects: Effects): void => {
  const made = program.command(command.name).description(command.summary);
  for (const argument of command.args) made.argument(argument.name, argument.description);
  for (const option of command.options)
    made.option(option.flags, option.description, option.default);
  if (command.examples.length > 0) {
    made.addHelpText('after', `\nExamples:\n${command.examples.map((e) => `  ${e}`).join('\n')}`);
  }
  made.action(async (...given: unknown[]) => {
    const args = given
      .slice(0, command.args.length)
      .flatMap((a) =>
        Array.isArray(a) ? a.map(String) : [a === undefined ? undefined : String(a)],
      );
    const options = made.optsWithGlobals() as OptionValues;
    process.exitCode = await runCommand(command, { args, options, effects });
  });
};

/** The program: reads the command line, runs one command and sets the exit code. */
export const main = async (argv: readonly string[], effects?: Effects): Promise<void> => {
  // A reader such as `head` that has seen enough ends the program, without a word.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const world = effects ?? (await nodeEffects());
  const program = new Commander('schoolhouse')
    .description('A folder of school exports becomes a warehouse that reconciles to the row.')
    .version(readVersion())
    .option('--project-dir <folder>', 'folder of the project', '.')
    .option('--json', 'print one JSON document on stdout')
    .option('--quiet', 'print no talk, only data and errors')
    .option('--debug', 'tell every step; never the value of a cell')
    .exitOverride()
    .showHelpAfterError('(schoolhouse --help lists the commands)');
  for (const command of commands) addCommand(program, command, world);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
};
