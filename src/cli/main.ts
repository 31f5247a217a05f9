import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command as Commander, CommanderError } from 'commander';
import type { Effects } from '../base/index.ts';
import type { Command, OptionValues } from './command.ts';
import { commands } from './commands.ts';

// Help is printed from this file, `commands.ts` and commander alone: what a command needs is loaded with it.
const packageFolder = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const readVersion = (): string => {
  const text: unknown = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  return typeof text === 'object' && text !== null && 'version' in text ? String(text.version) : '';
};

const addCommand = (program: Commander, command: Command, effects: Effects | undefined): void => {
  const made = program.command(command.name).description(command.summary);
  for (const argument of command.args) made.argument(argument.name, argument.description);
  for (const option of command.options) made.option(option.flags, option.description);
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
    const { runCommand } = await import('./run-command.ts');
    const program = { packageFolder, version: readVersion() };
    process.exitCode = await runCommand(command, { args, options, program }, effects);
  });
};

/** The program: reads the command line, runs one command and sets the exit code. */
export const main = async (argv: readonly string[], effects?: Effects): Promise<void> => {
  // A reader such as `head` that has seen enough ends the program, without a word.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const program = new Commander('schoolhouse')
    .description('A folder of school exports becomes a warehouse that reconciles to the row.')
    .version(readVersion())
    .option('--project-dir <folder>', 'folder of the project', '.')
    .option('--json', 'print one JSON document on stdout')
    .option('--quiet', 'print no talk, only data and errors')
    .option('--debug', 'tell every step; never the value of a cell')
    .exitOverride()
    .showHelpAfterError('(schoolhouse --help lists the commands)');
  for (const command of commands) addCommand(program, command, effects);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
};
