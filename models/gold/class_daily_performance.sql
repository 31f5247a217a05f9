with student_day as (
    select
        class_id,
        date,
        is_enrolled,
        status,
        absent_units,
        counted_units,
        fact_count
    from silver.student_day
),

fact_assessments as (
    select
        student_id,
        class_id,
        date,
        score_pct,
        is_scored,
        in_enrollment
    from silver.fact_assessments
),

student_enrollment as (
    select class_id, start_date, end_date from silver.student_enrollment
),

day_policy as (
    select valid_from, valid_to, class_unassigned from reference.day_policy where school_id is null
),

attendance as (
    select
        class_id,
        date,
        count(case when counted_units > 0 then 1 end) as students_with_attendance,
        count(case when counted_units > 0 and absent_units < counted_units then 1 end) as present_count,
        count(case when counted_units > 0 and absent_units = counted_units then 1 end) as absent_count,
        cast(sum(counted_units - absent_units) as bigint) as present_units,
        cast(sum(counted_units) as bigint) as taken_units
    from student_day
    group by class_id, date
    -- Counted here, not filtered before: the engine reads the view several times faster so.
    having count(case when is_enrolled and (counted_units > 0 or (fact_count > 0 and status <> 'no_school')) then 1 end) > 0
),

assessment as (
    select
        class_id,
        date,
        count(distinct student_id) as students_with_assessment,
        count(*) as assessment_count,
        mean(sum(score_pct), count(*)) as avg_score
    from fact_assessments
    where is_scored and in_enrollment and date is not null
    group by class_id, date
),

class_day as (
    select class_id, date from attendance
    union
    select class_id, date from assessment
),

kept as (
    select class_day.class_id, class_day.date
    from class_day
    inner join day_policy
        on class_day.date >= day_policy.valid_from
        and class_day.date <= day_policy.valid_to
    where class_day.class_id <> 'UNASSIGNED' or day_policy.class_unassigned = 'row'
),

-- The roster of a day = all who came to the class until then less all who left: one pass, no range join.
movement as (
    select class_id, start_date as date, 1 as change, 0 as is_asked from student_enrollment
    union all
    select class_id, cast(end_date + interval 1 day as date) as date, -1 as change, 0 as is_asked
    from student_enrollment
    where end_date < date '9999-12-31'
    union all
    select class_id, date, 0 as change, 1 as is_asked from kept
),

roster as (
    select
        class_id,
        date,
        is_asked,
        cast(
            sum(change) over (
                partition by class_id
                order by date, is_asked
                rows between unbounded preceding and current row
            ) as bigint
        ) as total_students
    from movement
),

final as (
    select
        roster.class_id,
        roster.date,
        roster.total_students,
        coalesce(attendance.students_with_attendance, 0) as students_with_attendance,
        coalesce(attendance.present_count, 0) as present_count,
        coalesce(attendance.absent_count, 0) as absent_count,
        pct(attendance.present_units, attendance.taken_units) as attendance_rate,
        coalesce(assessment.students_with_assessment, 0) as students_with_assessment,
        coalesce(assessment.assessment_count, 0) as assessment_count,
        assessment.avg_score
    from roster
    left join attendance on attendance.class_id = roster.class_id and attendance.date = roster.date
    left join assessment on assessment.class_id = roster.class_id and assessment.date = roster.date
    where roster.is_asked = 1
)

select * from final
