with dim_student as (
    select student_id, student_name, class_id, grade_level, enrollment_status, is_active from silver.dim_student
),

fact_assessments as (
    select
        student_id,
        date,
        score_pct,
        score_percentage,
        result,
        is_scored
    from silver.fact_assessments
),

dim_date as (
    select date, academic_year_start from silver.dim_date
),

student_policy as (
    select student_id, summary_window from reference.student_policy
),

run_context as (
    select
        as_of,
        cast(replace(year_start, '-', '') as integer) as year_start_month_day,
        year_start
    from reference.run_context
),

as_of_year as (
    select
        as_of,
        extract(year from as_of)
        - case when extract(month from as_of) * 100 + extract(day from as_of) < year_start_month_day then 1 else 0 end
        as start_year,
        year_start
    from run_context
),

windowed as (
    select
        student_policy.student_id,
        as_of_year.as_of,
        case
            when student_policy.summary_window = 'academic_year'
                then cast(cast(as_of_year.start_year as varchar) || '-' || as_of_year.year_start as date)
            else date '0001-01-01'
        end as from_date
    from student_policy
    cross join as_of_year
),

this_year as (
    select student_id, from_date from windowed where from_date > date '0001-01-01'
),

-- A student has few kinds of days: all days are only counted, and judged once a kind.
day_kind as (
    select
        day.student_id,
        day.is_enrolled,
        day.is_instructional,
        day.status,
        day.absent_units,
        day.counted_units,
        count(*) as days,
        min(day.date) as first_day,
        max(day.date) as last_day
    from silver.student_day as day
    cross join as_of_year
    left join this_year on this_year.student_id = day.student_id
    where day.date <= as_of_year.as_of and (this_year.student_id is null or day.date >= this_year.from_date)
    group by day.student_id, day.is_enrolled, day.is_instructional, day.status, day.absent_units, day.counted_units
),

attendance as (
    select
        kind.student_id,
        min(case when kind.counted_units > 0 then kind.first_day end) as first_date,
        max(case when kind.counted_units > 0 then kind.last_day end) as last_date,
        max(case when kind.counted_units > 0 and kind.absent_units = 0 then kind.last_day end) as last_present_date,
        sum(case when kind.is_enrolled and kind.is_instructional then kind.days end) as days_enrolled,
        sum(case when kind.counted_units > 0 then kind.days end) as days_counted,
        sum(case when kind.absent_units < kind.counted_units then kind.days end) as present_days,
        sum(case when kind.counted_units > 0 and kind.absent_units = kind.counted_units then kind.days end) as absent_days,
        sum(case when kind.counted_units > 0 and kind.status = 'late' then kind.days end) as late_days,
        sum(case when kind.counted_units > 0 and kind.status = 'excused' then kind.days end) as excused_days,
        sum(case when kind.counted_units > 0 and kind.status = 'unexcused' then kind.days end) as unexcused_days,
        sum(case when kind.counted_units > 0 and kind.status = 'half_day' then kind.days end) as half_days,
        sum(case when kind.is_enrolled and kind.is_instructional and kind.status = 'not_taken' then kind.days end)
        as not_taken_days,
        cast(sum((kind.counted_units - kind.absent_units) * kind.days) as bigint) as present_units,
        cast(sum(kind.counted_units * kind.days) as bigint) as counted_units
    from day_kind as kind
    group by kind.student_id
),

-- Who was absent on the last counted day: the day after the last present one, or the year's first.
streak_start as (
    select
        attendance.student_id,
        attendance.last_date,
        greatest(
            dim_date.academic_year_start,
            cast(coalesce(attendance.last_present_date, date '0001-01-01') + interval 1 day as date)
        ) as from_date
    from attendance
    inner join dim_date on dim_date.date = attendance.last_date
    where attendance.last_present_date is null or attendance.last_present_date < attendance.last_date
),

-- The days are read again: a CTE that is used twice would be kept whole in memory.
streak as (
    select day.student_id, count(*) as current_streak
    from silver.student_day as day
    inner join streak_start
        on streak_start.student_id = day.student_id
        and day.date >= streak_start.from_date
        and day.date <= streak_start.last_date
    where day.absent_units > 0
    group by day.student_id
),

assessment as (
    select
        fact_assessments.student_id,
        count(case when fact_assessments.is_scored then 1 end) as assessment_count,
        count(case when fact_assessments.result = 'missing' then 1 end) as missing_count,
        mean(
            sum(case when fact_assessments.is_scored then fact_assessments.score_pct end),
            count(case when fact_assessments.is_scored then 1 end)
        ) as avg_score,
        min(case when fact_assessments.is_scored then fact_assessments.score_percentage end) as min_score,
        max(case when fact_assessments.is_scored then fact_assessments.score_percentage end) as max_score
    from fact_assessments
    inner join windowed on windowed.student_id = fact_assessments.student_id
    where
        -- A score without a date belongs to the student, whatever the window.
        fact_assessments.date is null or fact_assessments.date between windowed.from_date and windowed.as_of
    group by fact_assessments.student_id
),

final as (
    select
        dim_student.student_id,
        dim_student.student_name,
        coalesce(dim_student.class_id, 'UNASSIGNED') as class_id,
        dim_student.grade_level,
        dim_student.enrollment_status,
        dim_student.is_active,
        attendance.first_date,
        attendance.last_date,
        cast(coalesce(attendance.days_enrolled, 0) as bigint) as days_enrolled,
        cast(coalesce(attendance.days_counted, 0) as bigint) as days_counted,
        cast(coalesce(attendance.present_days, 0) as bigint) as present_days,
        cast(coalesce(attendance.absent_days, 0) as bigint) as absent_days,
        cast(coalesce(attendance.late_days, 0) as bigint) as late_days,
        cast(coalesce(attendance.excused_days, 0) as bigint) as excused_days,
        cast(coalesce(attendance.unexcused_days, 0) as bigint) as unexcused_days,
        cast(coalesce(attendance.half_days, 0) as bigint) as half_days,
        cast(coalesce(attendance.not_taken_days, 0) as bigint) as not_taken_days,
        pct(attendance.present_units, attendance.counted_units) as attendance_rate,
        coalesce(streak.current_streak, 0) as current_streak,
        coalesce(assessment.assessment_count, 0) as assessment_count,
        coalesce(assessment.missing_count, 0) as missing_count,
        assessment.avg_score,
        assessment.min_score,
        assessment.max_score,
        -- Of feeds that this project does not have.
        cast(null as decimal(5, 2)) as homework_completion_rate,
        cast(0 as bigint) as communication_count
    from dim_student
    left join attendance on attendance.student_id = dim_student.student_id
    left join streak on streak.student_id = dim_student.student_id
    left join assessment on assessment.student_id = dim_student.student_id
)

select * from final
