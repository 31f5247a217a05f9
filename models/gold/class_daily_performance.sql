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
        count(case when absent_units < counted_units then 1 end) as present_count,
        count(case when absent_units > 0 then case when absent_units = counted_units then 1 end end) as absent_count,
        cast(sum(counted_units - absent_units) as bigint) as present_units,
        cast(sum(counted_units) as bigint) as taken_units
    from student_day
    group by class_id, date
    -- Counted here, not filtered before: the engine reads the view several times faster so.
    -- Case in case: the words are only compared where nobody was counted.
    having
        count(case when counted_units > 0 then 1 end) > 0
        or count(
            case when counted_units = 0 then case when is_enrolled and fact_count > 0 and status <> 'no_school' then 1 end end
        ) > 0
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

-- The roster of a day = all who came to the class until then less all who left: it changes on few days.
movement as (
    select class_id, date, sum(change) as change
    from (
        select class_id, start_date as date, 1 as change from student_enrollment
        union all
        select class_id, cast(end_date + interval 1 day as date) as date, -1 as change
        from student_enrollment
        where end_date < date '9999-12-31'
    ) as moved
    group by class_id, date
),

roster as (
    select
        class_id,
        date as from_date,
        coalesce(lead(date) over (partition by class_id order by date), date '9999-12-31') as next_date,
        cast(
            sum(change) over (
                partition by class_id
                order by date
                rows between unbounded preceding and current row
            ) as bigint
        ) as total_students
    from movement
),

final as (
    select
        kept.class_id,
        kept.date,
        coalesce(roster.total_students, 0) as total_students,
        coalesce(attendance.students_with_attendance, 0) as students_with_attendance,
        coalesce(attendance.present_count, 0) as present_count,
        coalesce(attendance.absent_count, 0) as absent_count,
        pct(attendance.present_units, attendance.taken_units) as attendance_rate,
        coalesce(assessment.students_with_assessment, 0) as students_with_assessment,
        coalesce(assessment.assessment_count, 0) as assessment_count,
        assessment.avg_score
    from kept
    left join roster
        on roster.class_id = kept.class_id
        and roster.from_date <= kept.date
        and roster.next_date > kept.date
    left join attendance on attendance.class_id = kept.class_id and attendance.date = kept.date
    left join assessment on assessment.class_id = kept.class_id and assessment.date = kept.date
)

select * from final
