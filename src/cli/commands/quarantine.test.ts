import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeToyProject, type ToyProject } from '../toy-project.ts';

let loaded: ToyProject;
let project: ToyProject;

beforeAll(async () => {
  loaded = await makeToyProject();
  await loaded.type('run');
});
beforeEach(async () => {
  project = await loaded.copy();
  return () => project.remove();
});
afterAll(() => loaded.remove());

const meaning = 'feeds:\n  attendance:\n    valueMap: { status: { zombie: absent } }\n';

const ask = async (sql: string): Promise<unknown> =>
  JSON.parse((await project.type('query', [sql], { json: true })).data);

const counts = (): Promise<unknown> =>
  ask("select read, loaded, quarantined from meta.file where path = 'data/raw/attendance.csv'");

describe('quarantine list', () => {
  it('tells place, code, column and state, totals per reason, and orphans by age', async () => {
    const { code, data, talk } = await project.type('quarantine', ['list']);
    expect(code).toBe(0);
    expect(data.split('\n')).toEqual([
      'assessments.json:2  score_above_max score  open',
      'attendance.csv:4  status_unknown status  open',
      'attendance.csv:6  date_invalid attendance_date  open',
    ]);
    expect(talk).toContain('1 row of attendance waits for their student: 1 up to 7 days');
    expect(talk).toContain('4 open: 1 date_invalid, 1 orphan, 1 score_above_max, 1 status_unknown');
  });

  it('lists orphans by their place with --all, and says so without', async () => {
    expect((await project.type('quarantine', ['list'])).talk).toContain('(1 more: --all)');
    const { data, talk } = await project.type('quarantine', ['list'], { all: true });
    expect(data.split('\n')).toHaveLength(4);
    expect(data).toContain('attendance.csv:5  orphan student_id  open');
    expect(talk).not.toContain('more: --all');
  });

  it.each([['list'], ['replay']])(
    '%s names the closest of a reason or feed that does not exist',
    async (action) => {
      const reason = await project.type('quarantine', [action], { reason: 'orphna' });
      expect(reason.code).toBe(2);
      expect(reason.talk).toContain('Closest: orphan.');
      const feed = await project.type('quarantine', [action], { feed: 'attendence' });
      expect(feed.code).toBe(2);
      expect(feed.talk).toContain('Closest: attendance.');
    },
  );

  it('filters by feed, reason, file, run and state', async () => {
    const places = async (
      options: Readonly<Record<string, string>>,
    ): Promise<readonly string[]> => {
      const { data } = await project.type('quarantine', ['list'], { ...options, json: true });
      const { records } = JSON.parse(data) as { records: { file: string; line: number }[] };
      return records.map(({ file, line }) => `${file}:${line}`);
    };
    expect(await places({ feed: 'assessments' })).toEqual(['data/raw/assessments.json:2']);
    expect(await places({ reason: 'orphan' })).toEqual(['data/raw/attendance.csv:5']);
    expect(await places({ file: 'attendance.csv' })).toEqual([
      'data/raw/attendance.csv:4',
      'data/raw/attendance.csv:6',
    ]);
    expect(await places({ run: '2' })).toEqual([]);
    expect(await places({ state: 'resolved' })).toEqual([]);
  });
});

describe('quarantine show', () => {
  it('explains every reason and hides the values', async () => {
    const { data, talk } = await project.type('quarantine', ['show', 'attendance.csv:4']);
    expect(data).toContain('status_unknown in status: It is not a word of the vocabulary.');
    expect(data).toContain('feeds.attendance.valueMap.status');
    expect(data).not.toContain('zombie');
    expect(talk).toContain('Values hidden');
    await expect(stat(join(project.folder, 'data/access.jsonl'))).rejects.toThrow('ENOENT');
  });

  it('prints values only after it noted who asked; the next commit copies the note', async () => {
    const { data } = await project.type('quarantine', ['show', 'attendance.csv:4'], {
      values: true,
    });
    expect(data).toContain('a3,s3,2025-02-03,zombie');
    const path = join(project.folder, 'data/access.jsonl');
    const entry = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    expect(entry).toMatchObject({
      action: 'view',
      command: 'quarantine show attendance.csv:4 --values',
    });
    expect(entry.record_ids).toHaveLength(1);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await project.write('schoolhouse.yaml', meaning);
    await project.type('quarantine', ['replay']);
    const question = 'select line, action from meta.access_log';
    expect(await ask(question)).toEqual([]);
    const shown = await project.type('query', [question], { json: true, values: true });
    expect(JSON.parse(shown.data)).toEqual([{ line: 1, action: 'view' }]);
  });

  it('names a record that is not there', async () => {
    await expect(project.type('quarantine', ['show', 'attendance.csv:400'])).rejects.toMatchObject({
      code: 'quarantine.no-record',
    });
  });
});

describe('quarantine replay', () => {
  it('loads what passes today from the archive and moves it from quarantined to loaded', async () => {
    await rm(join(project.folder, 'data/raw/attendance.csv'));
    await project.write('schoolhouse.yaml', meaning);
    const { code, data } = await project.type('quarantine', ['replay'], {
      json: true,
      feed: 'attendance',
    });
    const report = JSON.parse(data) as Record<string, unknown>;
    expect(code).toBe(0);
    expect(report.replay).toEqual({
      tried: 2,
      loaded: 1,
      waiting: 0,
      refused: 1,
      skipped: 0,
      reread: 0,
    });
    expect(await counts()).toEqual([{ read: 6, loaded: 4, quarantined: 2 }]);
    expect(
      await ask(
        "select attendance_id, status, _source_row from fact_attendance where attendance_id = 'a3'",
      ),
    ).toEqual([{ attendance_id: 'a3', status: 'absent', _source_row: 3 }]);
    expect(
      await ask(
        'select "row", state, resolved_run from quarantine.record where feed = \'attendance\' order by "row"',
      ),
    ).toEqual([
      { row: 3, state: 'resolved', resolved_run: 2 },
      { row: 4, state: 'open', resolved_run: null },
      { row: 5, state: 'open', resolved_run: null },
    ]);
    await project.type('run', [], { fullRefresh: true });
    expect(await counts()).toEqual([{ read: 6, loaded: 4, quarantined: 2 }]);
  });

  it('lets a replayed row whose student is unknown wait as an orphan, and promotes it later', async () => {
    await project.write(
      'data/raw/attendance_20250205.csv',
      'attendance_id,student_id,attendance_date,status\nb1,s7,2025-02-05,zombie\n',
    );
    await project.type('run');
    await project.write('schoolhouse.yaml', meaning);
    const { data } = await project.type('quarantine', ['replay'], {
      json: true,
      file: 'attendance_20250205.csv',
    });
    expect((JSON.parse(data) as Record<string, unknown>).replay).toMatchObject({
      tried: 1,
      loaded: 0,
      waiting: 1,
      refused: 0,
    });
    expect(
      await ask(
        "select stage, state, reasons[1].code as code from quarantine.record where file like '%20250205%'",
      ),
    ).toEqual([{ stage: 'silver', state: 'open', code: 'orphan' }]);
    await project.write(
      'data/raw/students_late.csv',
      'student_id,student_name,class_id\ns7,Gus,C1\n',
    );
    const later = JSON.parse((await project.type('run', [], { json: true })).data) as {
      totals: Record<string, number>;
    };
    expect(later.totals.promoted).toBe(1);
    expect(await ask("select status from fact_attendance where attendance_id = 'b1'")).toEqual([
      { status: 'absent' },
    ]);
  });

  it('changes nothing when no record fits', async () => {
    const { code, talk } = await project.type('quarantine', ['replay'], { reason: 'json_invalid' });
    expect(code).toBe(0);
    expect(talk).toContain('no open record fits');
    expect(talk).toContain('nothing new');
  });
});

describe('quarantine discard', () => {
  it('wants a reason and a record that is open', async () => {
    await expect(project.type('quarantine', ['discard', 'attendance.csv:4'])).rejects.toMatchObject(
      { code: 'cli.missing' },
    );
    const because = 'a test row';
    await expect(
      project.type('quarantine', ['discard', 'attendance.csv:2'], { because }),
    ).rejects.toMatchObject({ code: 'quarantine.no-record' });
  });

  it('gives up an orphan for good: its student may come, the lake may be built anew', async () => {
    const { talk } = await project.type('quarantine', ['discard', 'attendance.csv:5'], {
      because: 'left the school',
    });
    expect(talk).toBe('1 discarded; kept, and still counted as quarantined');
    await expect(
      project.type('quarantine', ['discard', 'attendance.csv:5'], { because: 'again' }),
    ).rejects.toMatchObject({ code: 'quarantine.not-open' });
    await project.write(
      'data/raw/students_late.csv',
      'student_id,student_name,class_id\ns9,Zed,C2\n',
    );
    const states =
      "select state, because from quarantine.record where file like '%attendance%' and line = 5";
    const isGone = async (): Promise<void> => {
      expect(await counts()).toEqual([{ read: 6, loaded: 3, quarantined: 3 }]);
      expect(await ask(states)).toEqual([{ state: 'discarded', because: 'left the school' }]);
      expect(await ask("select * from fact_attendance where student_id = 's9'")).toEqual([]);
    };
    await project.type('run');
    await isGone();
    await rm(join(project.folder, 'data/lake'), { recursive: true });
    await project.type('run');
    await isGone();
  });
});
