with dim_student as (
    select
        student_id,
        student_name,
        class_id,
        grade_level,
        enrollment_status,
        is_active
    from silver.dim_student
),

student_day as (
    select
        student_id,
        date,
        is_instructional,
        is_enrolled,
        status,
        absent_units,
        counted_units
    from silver.student_day
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

attendance as (
    select
        student_day.student_id,
        min(case when student_day.counted_units > 0 then student_day.date end) as first_date,
        max(case when student_day.counted_units > 0 then student_day.date end) as last_date,
        max(case when student_day.counted_units > 0 and student_day.absent_units = 0 then student_day.date end)
        as last_present_date,
        count(case when student_day.is_enrolled and student_day.is_instructional then 1 end) as days_enrolled,
        count(case when student_day.counted_units > 0 then 1 end) as days_counted,
        count(case when student_day.absent_units < student_day.counted_units then 1 end) as present_days,
        count(case when student_day.counted_units > 0 and student_day.absent_units = student_day.counted_units then 1 end)
        as absent_days,
        count(case when student_day.counted_units > 0 and student_day.status = 'late' then 1 end) as late_days,
        count(case when student_day.counted_units > 0 and student_day.status = 'excused' then 1 end) as excused_days,
        count(case when student_day.counted_units > 0 and student_day.status = 'unexcused' then 1 end) as unexcused_days,
        count(case when student_day.counted_units > 0 and student_day.status = 'half_day' then 1 end) as half_days,
        count(case when student_day.is_enrolled and student_day.is_instructional and student_day.status = 'not_taken' then 1 end)
        as not_taken_days,
        cast(sum(student_day.counted_units - student_day.absent_units) as bigint) as present_units,
        cast(sum(student_day.counted_units) as bigint) as counted_units
    from student_day
    inner join windowed on windowed.student_id = student_day.student_id
    where student_day.date >= windowed.from_date and student_day.date <= windowed.as_of
    group by student_day.student_id
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
        coalesce(attendance.days_enrolled, 0) as days_enrolled,
        coalesce(attendance.days_counted, 0) as days_counted,
        coalesce(attendance.present_days, 0) as present_days,
        coalesce(attendance.absent_days, 0) as absent_days,
        coalesce(attendance.late_days, 0) as late_days,
        coalesce(attendance.excused_days, 0) as excused_days,
        coalesce(attendance.unexcused_days, 0) as unexcused_days,
        coalesce(attendance.half_days, 0) as half_days,
        coalesce(attendance.not_taken_days, 0) as not_taken_days,
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
