/** A CSV text: the header, then one line a row; cells that need quotes get them. */
export const csv = (header: string, rows: readonly (readonly (string | number)[])[]): string =>
  [
    header,
    ...rows.map((row) =>
      row
        .map(String)
        .map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
        .join(','),
    ),
    '',
  ].join('\n');

/** One student a row: id and class, and when the row was written. */
export const studentsCsv = (
  rows: readonly (readonly [id: string, classId: string, updatedAt?: string])[],
): string =>
  csv(
    'student_id,student_name,class_id,grade_level,enrollment_status,enrollment_date,updated_at',
    rows.map(([id, classId, updatedAt = '2024-08-20T08:00:00']) => [
      id,
      `Name of ${id}`,
      classId,
      '7',
      'active',
      '2024-08-20',
      updatedAt,
    ]),
  );

/** One mark a row. */
export const attendanceCsv = (
  rows: readonly (readonly [
    id: string,
    student: string,
    date: string,
    status: string,
    at?: string,
  ])[],
): string =>
  csv(
    'attendance_id,student_id,attendance_date,status,created_at',
    rows.map(([id, student, date, status, at = `${date}T15:00:00`]) => [
      id,
      student,
      date,
      status,
      at,
    ]),
  );

/** One score a row. */
export const assessmentsJson = (
  rows: readonly Readonly<Record<string, string | number | null>>[],
): string => JSON.stringify(rows);
