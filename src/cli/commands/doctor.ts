import type { CommandContext } from '../command.ts';
import { examine, type Finding } from '../examine.ts';
import { formatTable } from '../format-table.ts';
import { printable } from '../output.ts';

const colours = { ok: 'green', note: 'yellow', fail: 'red' } as const;

const exitOf = (findings: readonly Finding[]): number =>
  findings.reduce((highest, { exit }) => Math.max(highest, exit), 0);

/**
 * `doctor`: looks at the machine, the settings and the lake, down to the bytes of every part, and says what is
 * wrong. Exit 0 when all is well, 1 when something is out of date, 2 for the project's files, 3 for the rest.
 */
export const run = async (context: CommandContext): Promise<number> => {
  const { output, projectFolder, effects, signal } = context;
  const { findings, settings } = await examine(
    { projectFolder, signal, onProgress: output.progress },
    effects,
  );
  const exit = exitOf(findings);
  if (output.json) {
    const told = findings.map(({ state, name, text, hint }) => ({
      state,
      name,
      text,
      hint: hint ?? null,
    }));
    await output.data(JSON.stringify({ ok: exit === 0, findings: told, settings }));
    return exit;
  }
  for (const { state, text, hint } of findings) {
    await output.data(`${output.style(state.padEnd(4), colours[state])} ${printable(text)}`);
    for (const line of hint?.split('\n') ?? [])
      await output.data(`     ${printable(output.toType(line))}`);
  }
  if (settings.length > 0) {
    const rows = settings.map(({ key, value, source, origin, defaultSaid }) => {
      const shown = source === 'default' && value === 'none' ? defaultSaid : value;
      return [key, printable(shown), printable(origin)];
    });
    await output.data(`\n${formatTable(['setting', 'value', 'from'], rows)}`);
  }
  return exit;
};
