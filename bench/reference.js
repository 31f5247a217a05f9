// The hand-written reference: the fewest DuckDB statements that load the same files, cast, de-duplicate by key,
// join and aggregate to the two seed marts. No archive, counts, reasons, ledger or snapshot.
// Usage: node bench/reference.js <folder with students.csv, attendance.csv, assessments.json> <out.duckdb>
import { DuckDBInstance } from '@duckdb/node-api';

const [folder, out] = process.argv.slice(2);
const instance = await DuckDBInstance.create(out, {
  memory_limit: '2500MB',
  preserve_insertion_order: 'true',
});
const connection = await instance.connect();
const file = (name) => `'${folder}/${name}'`;
const statements = [
  `create table dim_student as
     select student_id, student_name, class_id, grade_level, enrollment_status, updated_at
     from read_csv(${file('students.csv')}, header = true, all_varchar = false,
       types = {'student_id': 'VARCHAR', 'class_id': 'VARCHAR', 'grade_level': 'VARCHAR', 'updated_at': 'TIMESTAMP'})
     qualify row_number() over (partition by student_id order by updated_at desc) = 1`,
  `create table raw_attendance as
     select * from read_csv(${file('attendance.csv')}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"',
       columns = {'attendance_id': 'VARCHAR', 'student_id': 'VARCHAR', 'attendance_date': 'DATE', 'status': 'VARCHAR', 'created_at': 'TIMESTAMP'})`,
  `create table repeated as select attendance_id from raw_attendance group by attendance_id having count(*) > 1`,
  `create table fact_attendance as
     select a.attendance_id, a.student_id, a.attendance_date as date, s.class_id, lower(a.status) as status,
       lower(a.status) in ('present', 'late') as is_present, a.created_at
     from (
       select * from raw_attendance where attendance_id not in (select attendance_id from repeated)
       union all
       select * from (select * from raw_attendance where attendance_id in (select attendance_id from repeated)
         qualify row_number() over (partition by attendance_id order by created_at desc) = 1)) as a
     join dim_student as s using (student_id)`,
  `create table fact_assessments as
     select a.assessment_id, a.student_id, a.subject, cast(a.score as decimal(18, 6)) as score, cast(a.max_score as decimal(18, 6)) as max_score,
       cast(a.score * 100 / a.max_score as decimal(5, 2)) as score_percentage, cast(a.assessment_date as date) as date, s.class_id
     from (select * from read_json(${file('assessments.json')}, format = 'array',
         columns = {'assessment_id': 'VARCHAR', 'student_id': 'VARCHAR', 'subject': 'VARCHAR', 'score': 'DOUBLE', 'max_score': 'DOUBLE', 'assessment_date': 'VARCHAR', 'created_at': 'TIMESTAMP'})
       qualify row_number() over (partition by assessment_id order by created_at desc) = 1) as a
     join dim_student as s using (student_id)`,
  `create table class_daily_performance as
     with roster as (select class_id, count(*) as total_students from dim_student group by class_id),
     att as (select class_id, date, count(distinct student_id) as students_with_attendance,
         count(*) filter (is_present) as present_count, count(*) filter (not is_present) as absent_count
       from fact_attendance group by class_id, date),
     ass as (select class_id, date, count(distinct student_id) as students_with_assessment, count(*) as assessment_count,
         avg(score_percentage) as avg_score from fact_assessments group by class_id, date)
     select coalesce(att.class_id, ass.class_id) as class_id, coalesce(att.date, ass.date) as date, roster.total_students,
       students_with_attendance, present_count, absent_count, round(present_count * 100.0 / students_with_attendance, 2) as attendance_rate,
       students_with_assessment, assessment_count, avg_score
     from att full join ass on att.class_id = ass.class_id and att.date = ass.date
     left join roster on roster.class_id = coalesce(att.class_id, ass.class_id)`,
  `create table student_performance_summary as
     select s.student_id, s.student_name, s.class_id, a.days, a.present, a.days - a.present as absent,
       round(a.present * 100.0 / a.days, 2) as attendance_rate, t.n as assessments, t.avg_score
     from dim_student as s
     left join (select student_id, count(*) as days, count(*) filter (is_present) as present from fact_attendance group by student_id) as a using (student_id)
     left join (select student_id, count(*) as n, avg(score_percentage) as avg_score from fact_assessments group by student_id) as t using (student_id)`,
  'checkpoint',
];
for (const statement of statements) {
  const started = process.hrtime.bigint();
  await connection.run(statement);
  if (process.env.STEPS) {
    process.stderr.write(
      `${(Number(process.hrtime.bigint() - started) / 1e9).toFixed(2)} s  ${statement.slice(0, 50).replaceAll('\n', ' ')}\n`,
    );
  }
}
connection.closeSync();
instance.closeSync();
