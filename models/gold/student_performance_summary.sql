with dim_student as (
    select student_id, student_name, class_id, grade_level, enrollment_status, is_active from silver.dim_student
),

fact_assessments as (
    select student_id, date, score_pct, score_percentage, result, is_scored from silver.fact_assessments
),

as_of_year as (
    select
        as_of,
        cast(date_trunc('month', as_of) as date) as month_start,
        extract(year from as_of)
        - case
            when extract(month from as_of) * 100 + extract(day from as_of) < cast(replace(year_start, '-', '') as integer) then 1
            else 0
        end as start_year,
        year_start
    from reference.run_context
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
    from reference.student_policy as student_policy
    cross join as_of_year
),

-- The as-of date's month up to it: a set of its days is a number.
as_of_day as (
    select dim_date.date, cast(power(2, extract(day from dim_date.date)) as bigint) as day_bit
    from silver.dim_date as dim_date
    inner join as_of_year on dim_date.date >= as_of_year.month_start and dim_date.date <= as_of_year.as_of
),

-- Earlier months stand counted, a row for each kind of day.
day_kind as (
    select
        month.student_id,
        month.is_enrolled and month.is_instructional as is_expected,
        month.status,
        month.absent_units,
        month.counted_units,
        month.days,
        month.first_date,
        month.last_date,
        cast(0 as bigint) as day_bit
    from silver.student_month as month
    inner join as_of_year on month.date < as_of_year.month_start

    union all

    select
        day.student_id,
        day.is_enrolled and day.is_instructional as is_expected,
        day.status,
        day.absent_units,
        day.counted_units,
        cast(1 as bigint) as days,
        day.date as first_date,
        day.date as last_date,
        as_of_day.day_bit
    from silver.student_day as day
    inner join as_of_day on as_of_day.date = day.date
),

-- A window begins where a period does: a row lies in it or not.
attendance as (
    select
        kind.student_id,
        min(case when kind.counted_units > 0 then kind.first_date end) as first_date,
        max(case when kind.counted_units > 0 then kind.last_date end) as last_date,
        cast(
            max(case when kind.counted_units > 0 and kind.absent_units = 0 then kind.last_date end) + interval 1 day as date
        ) as absent_from,
        bit_or(case when kind.absent_units > 0 then kind.day_bit else 0 end) as absent_bits,
        sum(case when kind.is_expected then kind.days end) as days_enrolled,
        sum(case when kind.counted_units > 0 then kind.days end) as days_counted,
        sum(case when kind.absent_units < kind.counted_units then kind.days end) as present_days,
        sum(case when kind.counted_units > 0 and kind.absent_units = kind.counted_units then kind.days end) as absent_days,
        sum(case when kind.counted_units > 0 and kind.status = 'late' then kind.days end) as late_days,
        sum(case when kind.counted_units > 0 and kind.status = 'excused' then kind.days end) as excused_days,
        sum(case when kind.counted_units > 0 and kind.status = 'unexcused' then kind.days end) as unexcused_days,
        sum(case when kind.counted_units > 0 and kind.status = 'half_day' then kind.days end) as half_days,
        sum(case when kind.is_expected and kind.status = 'not_taken' then kind.days end) as not_taken_days,
        cast(sum((kind.counted_units - kind.absent_units) * kind.days) as bigint) as present_units,
        cast(sum(kind.counted_units * kind.days) as bigint) as counted_units
    from day_kind as kind
    inner join windowed on windowed.student_id = kind.student_id and kind.first_date >= windowed.from_date
    group by kind.student_id
),

-- Absent on the last counted day: since the day after the last present one (null: never), or the year's first.
streak as (
    select
        attendance.student_id,
        as_of_year.month_start,
        greatest(dim_date.academic_year_start, cast(date_trunc('month', attendance.absent_from) as date)) as from_period,
        bit_count(
            attendance.absent_bits
            >> extract(day from greatest(as_of_year.month_start, dim_date.academic_year_start, attendance.absent_from))
        ) as days
    from attendance
    inner join silver.dim_date as dim_date on dim_date.date = attendance.last_date
    cross join as_of_year
    where attendance.absent_from is null or attendance.absent_from <= attendance.last_date
),

-- All absent days of a period without a present day come after the last present one.
earlier_streak as (
    select month.student_id, sum(month.days_after_present) as days
    from silver.student_month as month
    inner join streak on streak.student_id = month.student_id
    where month.absent_units > 0 and month.date >= streak.from_period and month.date < streak.month_start
    group by month.student_id
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
        cast(coalesce(streak.days, 0) + coalesce(earlier_streak.days, 0) as bigint) as current_streak,
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
    left join earlier_streak on earlier_streak.student_id = dim_student.student_id
    left join assessment on assessment.student_id = dim_student.student_id
)

select * from final
